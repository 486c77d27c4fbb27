package io.nngeometry.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Edge;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.Tensor;

/**
 * The operations that backward from a tensor goes through, read once. A place in it stands for a
 * tensor: the operation that gave it, and as which of its results.
 */
public final class BackwardGraph {
  private record Place(long operation, long result) {}

  private final Map<Place, Integer> places = new HashMap<>();
  private final Map<Long, Integer> operations = new HashMap<>();
  private final List<Integer> operationOf = new ArrayList<>();
  private final List<int[]> next = new ArrayList<>();
  private final int root;

  private BackwardGraph(Tensor from) {
    Node first = from.grad_fn();
    Deque<Node> left = new ArrayDeque<>();
    root = first == null ? -1 : place(first, from.output_nr(), left);
    while (!left.isEmpty()) {
      Node node = left.remove();
      int count = (int) node.num_outputs();
      List<Integer> mine = new ArrayList<>();
      for (int k = 0; k < count; k++) {
        Edge edge = node.next_edge(k);
        Node function = edge.function();
        if (function != null && !function.isNull()) {
          mine.add(place(function, edge.input_nr(), left));
        }
      }
      // operations are taken from the queue in the order of their numbers
      next.add(mine.stream().mapToInt(x -> x).toArray());
    }
  }

  private int place(Node node, long result, Deque<Node> left) {
    int operation =
        operations.computeIfAbsent(
            node.address(),
            a -> {
              left.add(node);
              return operations.size();
            });
    return places.computeIfAbsent(
        new Place(node.address(), result),
        p -> {
          operationOf.add(operation);
          return places.size();
        });
  }

  /** Reads the graph behind {@code from}. */
  public static BackwardGraph of(Tensor from) {
    try (Scope scope = Scope.open()) {
      return new BackwardGraph(from);
    }
  }

  /** The place of a tensor; negative if backward does not come there, or it is a leaf. */
  public int place(Tensor t) {
    try (Scope scope = Scope.open()) {
      Node node = t.grad_fn();
      return node == null || node.isNull()
          ? -1
          : places.getOrDefault(new Place(node.address(), t.output_nr()), -1);
    }
  }

  /** The places to which backward comes without passing {@code cut}; negative to cut nothing. */
  public BitSet reachedWithout(int cut) {
    BitSet reached = new BitSet();
    BitSet passed = new BitSet();
    Deque<Integer> left = new ArrayDeque<>();
    if (root >= 0) {
      left.add(root);
    }
    while (!left.isEmpty()) {
      int place = left.remove();
      if (place != cut) {
        reached.set(place);
        int operation = operationOf.get(place);
        if (!passed.get(operation)) {
          passed.set(operation);
          for (int k : next.get(operation)) {
            left.add(k);
          }
        }
      }
    }
    return reached;
  }
}
