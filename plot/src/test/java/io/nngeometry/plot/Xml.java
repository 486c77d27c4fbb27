package io.nngeometry.plot;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Reads markup strictly. */
final class Xml {
  private Xml() {}

  static Document parse(String markup) {
    try {
      DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
      builder.setErrorHandler(null);
      return builder.parse(new InputSource(new StringReader(markup)));
    } catch (ParserConfigurationException | SAXException e) {
      throw new AssertionError("not well-formed: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text drawn by a picture, without its description. */
  static String text(String svg) {
    var texts = parse(svg).getElementsByTagName("text");
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < texts.getLength(); i++) {
      out.append(texts.item(i).getTextContent()).append('\n');
    }
    return out.toString();
  }
}
