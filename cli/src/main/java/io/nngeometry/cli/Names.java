package io.nngeometry.cli;

import io.nngeometry.fisher.Representation;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How words on the command line become values, with errors that list what there is. */
final class Names {
  private Names() {}

  /** Networks. */
  static final class Network implements ITypeConverter<NetworkKind> {
    @Override
    public NetworkKind convert(String word) {
      try {
        return NetworkKind.of(word);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Representations, the implicit one among them. */
  static final class Any implements ITypeConverter<Representation> {
    @Override
    public Representation convert(String word) {
      try {
        return Representation.of(word);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** Stored representations. */
  static final class Stored implements ITypeConverter<Representation> {
    @Override
    public Representation convert(String word) {
      return all().stream()
          .filter(r -> r.name().equalsIgnoreCase(word))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "no stored representation '%s'; there are %s"
                          .formatted(word, all().stream().map(Representation::name).toList())));
    }

    /** All that store something: they are held against the one that does not. */
    static List<Representation> all() {
      return Representation.byName().values().stream()
          .filter(r -> r != Representation.IMPLICIT && r != Representation.EYE)
          .toList();
    }
  }
}
