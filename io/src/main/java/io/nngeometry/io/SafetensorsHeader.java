package io.nngeometry.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON at the head of a safetensors file: which bytes of the data are which tensor. */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
  /** The reference implementation's limit. */
  static final int MAX_BYTES = 100_000_000;

  static final String METADATA = "__metadata__";

  /** A tensor costs memory beside its data; no model comes near this many. */
  private static final int MAX_TENSORS = 1 << 20;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // names of a hostile file must not fill a table that is shared and can overflow
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(MAX_BYTES).build())
          .build();

  /** A tensor whose elements are the bytes from {@code begin} until {@code end} of the data. */
  record Entry(Dtype dtype, long[] shape, long begin, long end) {}

  /** Parses {@code json} and checks it against itself and the {@code dataBytes} that follow it. */
  static SafetensorsHeader parse(byte[] json, long dataBytes, Place place) throws IOException {
    try (JsonParser p =
        JSON.createParser(
            new InputStreamReader(
                new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder()))) {
      SafetensorsHeader header = parse(p, place);
      header.checkLayout(dataBytes, place);
      return header;
    } catch (JsonProcessingException e) {
      throw place.corrupt("its header is not valid JSON: " + reason(e), e);
    } catch (CharacterCodingException e) {
      throw place.corrupt("its header is not UTF-8", e);
    }
  }

  /** The header's bytes, padded so that the data behind them are aligned to eight bytes. */
  byte[] format() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator g = JSON.createGenerator(out)) {
      g.writeStartObject();
      if (!metadata.isEmpty()) {
        g.writeObjectFieldStart(METADATA);
        for (Map.Entry<String, String> e : metadata.entrySet()) {
          g.writeStringField(e.getKey(), e.getValue());
        }
        g.writeEndObject();
      }
      for (Map.Entry<String, Entry> e : entries.entrySet()) {
        Entry t = e.getValue();
        g.writeObjectFieldStart(e.getKey());
        g.writeStringField("dtype", t.dtype().name());
        g.writeFieldName("shape");
        g.writeArray(t.shape(), 0, t.shape().length);
        g.writeFieldName("data_offsets");
        g.writeArray(new long[] {t.begin(), t.end()}, 0, 2);
        g.writeEndObject();
      }
      g.writeEndObject();
    }
    while (out.size() % Long.BYTES != 0) {
      out.write(' ');
    }
    return out.toByteArray();
  }

  private static SafetensorsHeader parse(JsonParser p, Place place) throws IOException {
    Map<String, Entry> entries = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    if (p.nextToken() != JsonToken.START_OBJECT) {
      throw place.corrupt("its header is not a JSON object");
    }
    while (p.nextToken() == JsonToken.FIELD_NAME) {
      String name = p.currentName();
      p.nextToken();
      if (name.equals(METADATA)) {
        metadata.putAll(metadata(p, place));
      } else if (entries.size() == MAX_TENSORS) {
        throw place.corrupt("it has more than " + MAX_TENSORS + " tensors");
      } else {
        entries.put(name, entry(p, place.tensor(name)));
      }
    }
    if (p.nextToken() != null) {
      throw place.corrupt("its header goes on after the JSON object");
    }
    return new SafetensorsHeader(entries, metadata);
  }

  private static Map<String, String> metadata(JsonParser p, Place place) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    if (p.currentToken() != JsonToken.START_OBJECT) {
      throw place.corrupt("its " + METADATA + " is not an object");
    }
    while (p.nextToken() == JsonToken.FIELD_NAME) {
      String key = p.currentName();
      if (p.nextToken() != JsonToken.VALUE_STRING) {
        throw place.corrupt("its metadata '" + Place.shown(key) + "' is not a string");
      }
      metadata.put(key, p.getText());
    }
    return metadata;
  }

  private static Entry entry(JsonParser p, Place place) throws IOException {
    if (p.currentToken() != JsonToken.START_OBJECT) {
      throw place.corrupt("its description is not an object");
    }
    @Nullable Dtype dtype = null;
    long @Nullable [] shape = null;
    long @Nullable [] offsets = null;
    while (p.nextToken() == JsonToken.FIELD_NAME) {
      String field = p.currentName();
      p.nextToken();
      switch (field) {
        case "dtype" -> dtype = dtype(p, place);
        case "shape" -> shape = longs(p, field, place);
        case "data_offsets" -> offsets = longs(p, field, place);
        default -> p.skipChildren(); // as the reference implementation does
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw place.corrupt("its dtype, shape or data_offsets are missing");
    }
    if (offsets.length != 2 || offsets[0] < 0 || offsets[0] > offsets[1]) {
      throw place.corrupt("its data_offsets are not an ascending pair");
    }
    long bytes = TensorData.bytes(dtype, shape, place);
    if (bytes != offsets[1] - offsets[0]) {
      throw place.corrupt(
          "its data_offsets span %d bytes, its dtype and shape need %d"
              .formatted(offsets[1] - offsets[0], bytes));
    }
    return new Entry(dtype, shape, offsets[0], offsets[1]);
  }

  private static Dtype dtype(JsonParser p, Place place) throws IOException {
    if (p.currentToken() != JsonToken.VALUE_STRING) {
      throw place.corrupt("its dtype is not a string");
    }
    String name = p.getText();
    return Dtype.named(name)
        .orElseThrow(() -> place.corrupt("its dtype " + Place.shown(name) + " is not known"));
  }

  private static long[] longs(JsonParser p, String field, Place place) throws IOException {
    List<Long> values = new ArrayList<>();
    if (p.currentToken() != JsonToken.START_ARRAY) {
      throw place.corrupt("its " + field + " is not an array");
    }
    while (p.nextToken() != JsonToken.END_ARRAY) {
      if (p.currentToken() != JsonToken.VALUE_NUMBER_INT
          || p.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw place.corrupt("its " + field + " holds something else than 64-bit integers");
      }
      values.add(p.getLongValue());
    }
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** Tensors lie one behind the other: no hole, no byte used twice, none left over. */
  private void checkLayout(long dataBytes, Place place) throws CorruptFileException {
    List<Map.Entry<String, Entry>> byOffset = new ArrayList<>(entries.entrySet());
    byOffset.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long end = 0;
    for (Map.Entry<String, Entry> e : byOffset) {
      Place tensor = place.tensor(e.getKey());
      long begin = e.getValue().begin();
      if (begin != end) {
        throw tensor.corrupt(
            (begin < end ? "it overlaps the tensor before it" : "there is a hole before it")
                + " (it starts at byte %d, that ends at %d)".formatted(begin, end));
      }
      end = e.getValue().end();
      if (end > dataBytes) {
        throw tensor.corrupt(
            "it ends at byte %d of the data, the file has %d".formatted(end, dataBytes));
      }
    }
    if (end != dataBytes) {
      throw place.corrupt("%d bytes follow the last tensor".formatted(dataBytes - end));
    }
  }

  private static String reason(JsonProcessingException e) {
    return Place.shown(String.valueOf(e.getOriginalMessage()));
  }
}
