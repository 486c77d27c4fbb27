package io.nngeometry.models.data;

import io.nngeometry.io.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Pictures in folders: one for every class, in the order of their names; or {@code train} and
 * {@code val} (or {@code test}) with such folders; or the layout of TinyImageNet.
 */
final class ImageFolder extends DataSource {
  private static final String WNIDS = "wnids.txt";
  private static final String TRAIN = "train";
  private static final List<String> HELD_OUT = List.of("val", "test");
  private static final String IMAGES = "images";

  private final Path folder;

  ImageFolder(String word, Path folder) {
    super(word);
    this.folder = folder;
  }

  private boolean isTinyImageNet() {
    return Files.isRegularFile(folder.resolve(WNIDS));
  }

  @Override
  boolean hasParts() {
    return isTinyImageNet() || Files.isDirectory(folder.resolve(TRAIN));
  }

  @Override
  Listing list(Part part) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          "%s: no such folder; name one that has a folder of pictures for every class"
              .formatted(folder));
    }
    if (isTinyImageNet()) {
      return tinyImageNet(part);
    }
    if (!hasParts()) {
      return of(folders(folder), List.of(folder));
    }
    Path train = folder.resolve(TRAIN);
    return of(
        folders(train),
        switch (part) {
          case TRAIN -> List.of(train);
          case TEST -> List.of(heldOut());
          case ALL -> List.of(train, heldOut());
        });
  }

  private Path heldOut() throws IOException {
    return HELD_OUT.stream()
        .map(folder::resolve)
        .filter(Files::isDirectory)
        .findFirst()
        .orElseThrow(
            () ->
                new IOException(
                    "%s: beside train it has no folder val or test; add one, or name %s itself"
                        .formatted(folder, folder.resolve(TRAIN))));
  }

  private static Listing of(List<String> classes, List<Path> parents) throws IOException {
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (Path parent : parents) {
      for (String name : folders(parent)) {
        int label = classes.indexOf(name);
        if (label < 0) {
          throw new IOException(
              "%s: there is no such class to train on; remove it, or add it to train"
                  .formatted(parent.resolve(name)));
        }
        add(files, labels, pictures(parent.resolve(name)), label);
      }
    }
    return new Pictures(classes, files, labels.stream().mapToLong(k -> k).toArray());
  }

  private static void add(List<Path> files, List<Integer> labels, List<Path> more, int label) {
    files.addAll(more);
    more.forEach(file -> labels.add(label));
  }

  private Listing tinyImageNet(Part part) throws IOException {
    List<String> ids =
        lines(folder.resolve(WNIDS)).stream()
            .map(String::strip)
            .filter(id -> !id.isEmpty())
            .sorted()
            .toList();
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    if (part != Part.TEST) {
      for (int k = 0; k < ids.size(); k++) {
        add(files, labels, pictures(folder.resolve(TRAIN).resolve(ids.get(k)).resolve(IMAGES)), k);
      }
    }
    if (part != Part.TRAIN) {
      annotated(folder.resolve("val"), ids, files, labels);
    }
    return new Pictures(names(ids), files, labels.stream().mapToLong(label -> label).toArray());
  }

  /** Pictures in one folder, with a file that says the class of each. */
  private static void annotated(Path val, List<String> ids, List<Path> files, List<Integer> labels)
      throws IOException {
    Path annotations = val.resolve("val_annotations.txt");
    Map<String, Integer> byId = new LinkedHashMap<>();
    for (String id : ids) {
      byId.put(id, byId.size());
    }
    int number = 0;
    for (String line : lines(annotations)) {
      number++;
      String[] fields = line.split("\t", -1);
      @Nullable Integer label = fields.length < 2 ? null : byId.get(fields[1]);
      if (label == null || !fields[0].equals(name(fields[0]))) {
        throw new CorruptFileException(
            annotations,
            "line %d does not name a picture and one of the classes of %s; fetch it again"
                .formatted(number, WNIDS));
      }
      files.add(val.resolve(IMAGES).resolve(fields[0]));
      labels.add(label);
    }
    if (number == 0) {
      throw new CorruptFileException(annotations, "it is empty; fetch it again");
    }
  }

  /** The last part of a path, which the name of a file in a folder is itself. */
  private static String name(String text) {
    Path last = path(text).getFileName();
    return last == null ? "" : last.toString();
  }

  /** The classes' names in words, where the folder has them. */
  private List<String> names(List<String> ids) throws IOException {
    Path words = folder.resolve("words.txt");
    if (!Files.isRegularFile(words)) {
      return ids;
    }
    Map<String, String> all = new LinkedHashMap<>();
    for (String line : lines(words)) {
      String[] fields = line.split("\t", 2);
      if (fields.length == 2) {
        all.put(fields[0], fields[1].split(",", 2)[0].strip());
      }
    }
    return ids.stream().map(id -> all.getOrDefault(id, id)).toList();
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (java.nio.charset.CharacterCodingException e) {
      throw new CorruptFileException(file, "it is no text; fetch it again", e);
    }
  }

  /** Names of the folders in {@code parent}, sorted. */
  private static List<String> folders(Path parent) throws IOException {
    try (Stream<Path> inside = Files.list(parent)) {
      List<String> names =
          inside
              .filter(Files::isDirectory)
              .map(path -> path.getFileName().toString())
              .filter(name -> !name.startsWith("."))
              .sorted()
              .toList();
      if (names.isEmpty()) {
        throw new IOException(
            "%s: it has no folders; put the pictures of every class into a folder of its own"
                .formatted(parent));
      }
      return names;
    }
  }

  /** Pictures in {@code folder}, by name. */
  private static List<Path> pictures(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException("%s: no such folder; fetch the data again".formatted(folder));
    }
    try (Stream<Path> inside = Files.list(folder)) {
      List<Path> files = inside.filter(PictureFile::isNamed).sorted().toList();
      if (files.isEmpty()) {
        throw new IOException(
            "%s: it has no pictures (.jpg, .jpeg, .png, .webp); add some, or remove it"
                .formatted(folder));
      }
      return files;
    }
  }
}
