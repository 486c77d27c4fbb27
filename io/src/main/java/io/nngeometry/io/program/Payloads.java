package io.nngeometry.io.program;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.io.Archive;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.program.Program.Size;
import io.nngeometry.io.program.Program.TensorFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors of an archive. Several names may stand for the same elements: tied parameters do.
 *
 * @param byName what is stored, by full name, in the order of the file
 */
record Payloads(Map<String, Payload> byName) {
  /**
   * A stored tensor.
   *
   * @param tensor a view of the file's elements
   * @param place which elements these are: equal for names that are tied
   */
  record Payload(Tensor tensor, Place place) {}

  /** Which elements of which entry a tensor shows. */
  record Place(String entry, List<Long> sizes, List<Long> strides, long offset) {
    /** Whether the two span elements in common without being the same. */
    boolean clashes(Place other) {
      return entry.equals(other.entry)
          && !equals(other)
          && offset <= other.last()
          && other.offset <= last();
    }

    private long last() {
      long last = offset;
      for (int k = 0; k < sizes.size(); k++) {
        last += (Math.max(sizes.get(k), 1) - 1) * strides.get(k);
      }
      return last;
    }
  }

  /** Reads weights, buffers and constants. */
  static Payloads read(Archive archive) throws IOException {
    Map<String, Payload> all = new LinkedHashMap<>();
    Reader reader =
        new Reader(archive, new ArchiveJson(archive), new ProgramReader(archive), new HashMap<>());
    reader.read("data/weights/", "weights", all);
    reader.read("data/constants/", "constants", all);
    return new Payloads(all);
  }

  private record Reader(
      Archive archive, ArchiveJson json, ProgramReader program, Map<String, Tensor> files) {
    void read(String folder, String kind, Map<String, Payload> all) throws IOException {
      List<String> configs =
          archive.names().stream()
              .filter(n -> n.startsWith(folder) && n.endsWith("_" + kind + "_config.json"))
              .toList();
      if (configs.size() != 1) {
        throw archive.corrupt(
            "it has no %s*_%s_config.json: write it with torch.export.save of PyTorch 2.9 or later"
                .formatted(folder, kind));
      }
      JsonNode config = json.need(json.read(configs.get(0)), "config");
      for (Map.Entry<String, JsonNode> e : json.object(config)) {
        all.put(e.getKey(), payload(folder, e.getKey(), e.getValue()));
      }
    }

    private Payload payload(String folder, String name, JsonNode n) throws IOException {
      if (json.bool(json.need(n, "use_pickle"))) {
        throw archive.corrupt(
            "'%s' is stored as a pickle, which is not read".formatted(ProgramReader.shown(name)));
      }
      JsonNode meta = json.need(n, "tensor_meta");
      TensorFacts facts = program.tensorFacts(meta);
      String entry = folder + json.text(json.need(n, "path_name"));
      Tensor elements = files.get(entry + ":" + facts.type());
      if (elements == null) {
        elements = archive.elements(entry, facts.type());
        files.put(entry + ":" + facts.type(), elements);
      }
      List<Long> strides = new ArrayList<>();
      for (JsonNode s : json.array(json.need(meta, "strides"))) {
        strides.add(fixed(s));
      }
      List<Long> sizes = new ArrayList<>();
      for (Size s : facts.sizes()) {
        if (s.expression().isPresent()) {
          throw archive.corrupt("a stored tensor has a symbolic size");
        }
        sizes.add(s.hint());
      }
      long offset = fixed(json.need(meta, "storage_offset"));
      Place place = new Place(entry, sizes, strides, offset);
      return new Payload(archive.view(elements, longs(sizes), longs(strides), offset, name), place);
    }

    private long fixed(JsonNode n) throws CorruptFileException {
      return json.integer(json.need(n, "as_int"));
    }

    private static long[] longs(List<Long> values) {
      return values.stream().mapToLong(Long::longValue).toArray();
    }
  }
}
