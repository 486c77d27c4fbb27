package io.nngeometry.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Python's pickle format, for data alone: numbers, strings, containers and descriptions of tensors.
 * Nothing is executed. What a pickle calls is not called but recognised: the few functions by which
 * PyTorch writes a tensor become descriptions, and every other name is refused.
 *
 * <p>A pickle is a program for a stack machine. Every instruction takes at least a byte and makes
 * at most what it reads, so memory is bounded by the file's size. Source: PEP 3154 and pickletools.
 */
final class Pickle {
  /** A name that the pickle imports. */
  record Name(String module, String name) {
    @Override
    public String toString() {
      return module + "." + name;
    }
  }

  /** A tuple. */
  record Tuple(List<Object> elements) {}

  /** What the file keeps elsewhere, by which name. */
  record Persistent(Object id) {}

  /** What a name called on arguments stands for. */
  interface Calls {
    /** Whether the pickle may import it. */
    boolean knows(Name name);

    /**
     * The value of a call.
     *
     * @throws CorruptFileException if the name may not be called, or not so
     */
    Object call(Name name, List<Object> arguments) throws CorruptFileException;
  }

  /** None. */
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  private static final Object MARK = new Object();
  private static final int MAX_PROTOCOL = 5;

  private final ByteBuffer in;
  private final Place place;
  private final Calls calls;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private Pickle(byte[] bytes, Place place, Calls calls) {
    this.in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.place = place;
    this.calls = calls;
  }

  /** The one value in {@code bytes}. */
  static Object read(byte[] bytes, Place place, Calls calls) throws CorruptFileException {
    return new Pickle(bytes, place, calls).run();
  }

  private Object run() throws CorruptFileException {
    while (true) {
      int code = u8();
      if (code == '.') {
        Object value = pop();
        if (!stack.isEmpty() || value == MARK) {
          throw place.corrupt("its pickle leaves more than one value");
        }
        return value;
      }
      step(code);
    }
  }

  private void step(int code) throws CorruptFileException {
    switch (code) {
      case 0x80 -> protocol();
      case 0x95 -> take(8);
      case '(' -> stack.add(MARK);
      case '}' -> push(new LinkedHashMap<Object, Object>());
      case ']' -> push(new ArrayList<Object>());
      case ')' -> push(new Tuple(List.of()));
      case 't' -> push(new Tuple(toMark()));
      case 0x85 -> push(tuple(1));
      case 0x86 -> push(tuple(2));
      case 0x87 -> push(tuple(3));
      case 'l' -> push(new ArrayList<>(toMark()));
      case 'd' -> {
        Map<Object, Object> map = new LinkedHashMap<>();
        put(map, toMark());
        push(map);
      }
      case 'a' -> {
        Object value = pop();
        list().add(value);
      }
      case 'e' -> {
        List<Object> values = toMark();
        list().addAll(values);
      }
      case 's' -> {
        Object value = pop();
        Object key = pop();
        put(map(), List.of(key, value));
      }
      case 'u' -> {
        List<Object> values = toMark();
        put(map(), values);
      }
      case 'N' -> push(NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'J' -> push((long) take(4).getInt());
      case 'K' -> push((long) u8());
      case 'M' -> push((long) Short.toUnsignedInt(take(2).getShort()));
      case 0x8a -> push(integer(u8()));
      case 'G' -> push(take(8).order(ByteOrder.BIG_ENDIAN).getDouble());
      case 'X' -> push(text(take(4).getInt()));
      case 0x8c -> push(text(u8()));
      case 0x8d -> push(text(length(take(8).getLong())));
      case 'U' -> push(text(u8()));
      case 'T' -> push(text(take(4).getInt()));
      case 'C' -> push(bytes(u8()));
      case 'B' -> push(bytes(take(4).getInt()));
      case 'c' -> push(name(line(), line()));
      case 0x93 -> {
        Object name = pop();
        Object module = pop();
        if (!(name instanceof String n) || !(module instanceof String m)) {
          throw place.corrupt("its pickle imports something that is no name");
        }
        push(name(m, n));
      }
      case 'q' -> memo.put(u8(), top());
      case 'r' -> memo.put(take(4).getInt(), top());
      case 0x94 -> memo.put(memo.size(), top());
      case 'h' -> push(remembered(u8()));
      case 'j' -> push(remembered(take(4).getInt()));
      case 'Q' -> push(new Persistent(pop()));
      case 'R' -> {
        Object arguments = pop();
        Object function = pop();
        if (!(function instanceof Name name) || !(arguments instanceof Tuple tuple)) {
          throw place.corrupt("its pickle calls something that is no name");
        }
        push(calls.call(name, tuple.elements()));
      }
      case 'b' -> pop(); // attributes of the object below, of which no tensor or container has any
      case '0' -> pop();
      case '1' -> toMark();
      case '2' -> push(top());
      default ->
          throw place.corrupt(
              "its pickle holds the instruction 0x%02x, which data do not need".formatted(code));
    }
  }

  private void protocol() throws CorruptFileException {
    int version = u8();
    if (version > MAX_PROTOCOL) {
      throw place.corrupt("its pickle is of protocol " + version);
    }
  }

  private Name name(String module, String name) throws CorruptFileException {
    Name n = new Name(module, name);
    if (!calls.knows(n)) {
      throw place.corrupt(
          "its pickle names %s, which is neither a tensor nor a container: nothing else is read, and nothing is executed"
              .formatted(Place.shown(n.toString())));
    }
    return n;
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object pop() throws CorruptFileException {
    Object value = top();
    stack.remove(stack.size() - 1);
    return value;
  }

  private Object top() throws CorruptFileException {
    Object value = stack.isEmpty() ? MARK : stack.get(stack.size() - 1);
    if (value == MARK) {
      throw place.corrupt("its pickle takes a value where there is none");
    }
    return value;
  }

  private List<Object> toMark() throws CorruptFileException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw place.corrupt("its pickle takes values where none begin");
    }
    List<Object> tail = stack.subList(mark + 1, stack.size());
    List<Object> values = new ArrayList<>(tail);
    tail.clear();
    stack.remove(mark);
    return values;
  }

  private Tuple tuple(int size) throws CorruptFileException {
    Object[] elements = new Object[size];
    for (int k = size - 1; k >= 0; k--) {
      elements[k] = pop();
    }
    return new Tuple(List.of(elements));
  }

  @SuppressWarnings("unchecked")
  private List<Object> list() throws CorruptFileException {
    if (top() instanceof ArrayList<?> list) {
      return (List<Object>) list;
    }
    throw place.corrupt("its pickle adds to something that is no list");
  }

  @SuppressWarnings("unchecked")
  private Map<Object, Object> map() throws CorruptFileException {
    if (top() instanceof LinkedHashMap<?, ?> map) {
      return (Map<Object, Object>) map;
    }
    throw place.corrupt("its pickle adds to something that is no dictionary");
  }

  private void put(Map<Object, Object> map, List<Object> keysAndValues)
      throws CorruptFileException {
    if (keysAndValues.size() % 2 != 0) {
      throw place.corrupt("its pickle holds a key without a value");
    }
    for (int k = 0; k < keysAndValues.size(); k += 2) {
      Object key = keysAndValues.get(k);
      // containers as keys could be changed afterwards, or hold themselves
      if (!(key instanceof String || key instanceof Long || key instanceof Boolean)) {
        throw place.corrupt("its pickle holds a key that is neither text nor a number");
      }
      map.put(key, keysAndValues.get(k + 1));
    }
  }

  private Object remembered(int key) throws CorruptFileException {
    @Nullable Object value = memo.get(key);
    if (value == null) {
      throw place.corrupt("its pickle recalls a value that it never kept");
    }
    return Objects.requireNonNull(value);
  }

  private int u8() throws CorruptFileException {
    return Byte.toUnsignedInt(take(1).get());
  }

  /** The next {@code length} bytes. */
  private ByteBuffer take(int length) throws CorruptFileException {
    if (length < 0 || length > in.remaining()) {
      throw place.corrupt("its pickle ends too early");
    }
    ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return part;
  }

  private int length(long length) throws CorruptFileException {
    if (length < 0 || length > in.remaining()) {
      throw place.corrupt("its pickle ends too early");
    }
    return (int) length;
  }

  private byte[] bytes(int length) throws CorruptFileException {
    ByteBuffer part = take(length);
    byte[] bytes = new byte[length];
    part.get(bytes);
    return bytes;
  }

  private String text(int length) throws CorruptFileException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(take(length)).toString();
    } catch (CharacterCodingException e) {
      throw place.corrupt("its pickle holds text that is not UTF-8", e);
    }
  }

  private String line() throws CorruptFileException {
    int end = in.position();
    while (end < in.limit() && in.get(end) != '\n') {
      end++;
    }
    String line = text(end - in.position());
    u8();
    return line;
  }

  /** A little-endian integer in two's complement. */
  private long integer(int length) throws CorruptFileException {
    byte[] bytes = bytes(length);
    if (length > Long.BYTES) {
      throw place.corrupt("its pickle holds an integer of more than 64 bits");
    }
    long value = length > 0 && bytes[length - 1] < 0 ? -1 : 0;
    for (int k = length - 1; k >= 0; k--) {
      value = value << 8 | Byte.toUnsignedLong(bytes[k]);
    }
    return value;
  }
}
