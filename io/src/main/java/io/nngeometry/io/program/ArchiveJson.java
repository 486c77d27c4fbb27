package io.nngeometry.io.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nngeometry.io.Archive;
import io.nngeometry.io.CorruptFileException;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** The JSON of an archive, every part of which is checked to be what it must be. */
record ArchiveJson(Archive archive) {
  private static final int MAX_BYTES = 64 << 20;
  private static final JsonMapper JSON = mapper();

  /** An entry that is JSON. */
  JsonNode read(String entry) throws IOException {
    try {
      JsonNode root = JSON.readTree(archive.bytes(entry, MAX_BYTES));
      if (root == null || !root.isObject()) {
        throw archive.corrupt(entry + " is no JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw archive.corrupt(
          entry + " is not valid JSON: " + ProgramReader.shown(e.getOriginalMessage()));
    }
  }

  private static JsonMapper mapper() {
    JsonMapper mapper =
        JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(200)
                .maxStringLength(MAX_BYTES)
                .build());
    return mapper;
  }

  /** A field that must be there. */
  JsonNode need(JsonNode n, String field) throws CorruptFileException {
    JsonNode child = n.get(field);
    if (child == null) {
      throw archive.corrupt("its JSON lacks '%s'".formatted(field));
    }
    return child;
  }

  /** The one field that is set of what the schema calls a union. */
  Map.Entry<String, JsonNode> only(JsonNode n) throws CorruptFileException {
    if (n.isObject() && n.size() == 1) {
      return n.properties().iterator().next();
    }
    throw archive.corrupt("its JSON holds no single choice where it needs one");
  }

  /** The fields of an object. */
  Set<Map.Entry<String, JsonNode>> object(JsonNode n) throws CorruptFileException {
    if (!n.isObject()) {
      throw archive.corrupt("its JSON holds no object where it needs one");
    }
    return n.properties();
  }

  /** The elements of a list. */
  Iterable<JsonNode> array(JsonNode n) throws CorruptFileException {
    if (!n.isArray()) {
      throw archive.corrupt("its JSON holds no list where it needs one");
    }
    return n;
  }

  /** A text. */
  String text(JsonNode n) throws CorruptFileException {
    if (!n.isTextual()) {
      throw archive.corrupt("its JSON holds no text where it needs some");
    }
    return n.textValue();
  }

  /** A 64-bit integer. */
  long integer(JsonNode n) throws CorruptFileException {
    if (!n.isIntegralNumber() || !n.canConvertToLong()) {
      throw archive.corrupt("its JSON holds no 64-bit integer where it needs one");
    }
    return n.longValue();
  }

  /** True or false. */
  boolean bool(JsonNode n) throws CorruptFileException {
    if (!n.isBoolean()) {
      throw archive.corrupt("its JSON holds neither true nor false where it needs one");
    }
    return n.booleanValue();
  }

  /** A number, which may be infinite or none. */
  double real(JsonNode n) throws CorruptFileException {
    if (n.isTextual()) {
      return switch (n.textValue()) {
        case "Infinity" -> Double.POSITIVE_INFINITY;
        case "-Infinity" -> Double.NEGATIVE_INFINITY;
        case "NaN" -> Double.NaN;
        default -> throw archive.corrupt("its JSON holds no number where it needs one");
      };
    }
    if (!n.isNumber()) {
      throw archive.corrupt("its JSON holds no number where it needs one");
    }
    return n.doubleValue();
  }
}
