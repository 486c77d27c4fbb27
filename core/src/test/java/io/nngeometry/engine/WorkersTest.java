package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pieces of work side by side: order, failures, and whose the native memory is. */
class WorkersTest {
  private static final int THREADS = 3;
  private int before;

  @BeforeEach
  void severalThreads() {
    before = Engine.threads();
    Engine.setThreads(THREADS);
  }

  @AfterEach
  void asBefore() {
    Engine.setThreads(before);
  }

  private static List<Integer> pieces(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static Tensor filled(int k) {
    return torch.ones(new long[] {4}, Tensors.options(ScalarType.Double)).mul(Tensors.scalar(k));
  }

  @Test
  void everyPieceIsDoneOnce() {
    List<Integer> done = java.util.Collections.synchronizedList(new ArrayList<>());
    Workers.forEach(pieces(50), done::add);
    assertThat(done).containsExactlyInAnyOrderElementsOf(pieces(50));
  }

  @Test
  void theLargestAreBegunFirst() {
    Engine.setThreads(1);
    List<Integer> begun = new ArrayList<>();
    List<Integer> images =
        Workers.values(
            pieces(5),
            k -> k % 3,
            k -> {
              begun.add(k);
              return 10 * k;
            });
    assertThat(begun).containsExactly(2, 1, 4, 0, 3);
    assertThat(images).containsExactly(0, 10, 20, 30, 40);
  }

  @Test
  void piecesAreAtWorkAtTheSameTimeOnOneThreadEach() {
    CountDownLatch met = new CountDownLatch(THREADS);
    Set<Integer> threads = ConcurrentHashMap.newKeySet();
    Workers.forEach(
        pieces(THREADS),
        k -> {
          threads.add(Engine.threads());
          met.countDown();
          try {
            assertThat(met.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    assertThat(threads).containsExactly(1);
    assertThat(Engine.threads()).isEqualTo(THREADS);
  }

  @Test
  void imagesComeInOrderAndOutliveTheirPieces() {
    try (Scope scope = Scope.open()) {
      List<Tensor> images = Workers.map(pieces(40), k -> k % 7, k -> filled(k).add(filled(1)));
      for (int k = 0; k < 40; k++) {
        assertThat(Tensors.item(images.get(k).sum())).isEqualTo(4 * (k + 1));
      }
    }
  }

  @Test
  void imagesDieWithTheScopeAroundTheCall() {
    List<Tensor> images;
    try (Scope scope = Scope.open()) {
      images = Workers.map(pieces(8), k -> 1, WorkersTest::filled);
    }
    assertThat(images).allMatch(t -> t.isNull());
  }

  @Test
  void sumsAreTakenInOrderWhoeverIsReadyFirst() {
    List<Integer> taken = new ArrayList<>();
    Workers.inOrder(
        pieces(30),
        k -> {
          if (k % 3 == 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
          }
          return filled(k);
        },
        (k, tensor) -> {
          assertThat(Tensors.item(tensor.sum())).isEqualTo(4 * k);
          taken.add(k);
        });
    assertThat(taken).isEqualTo(pieces(30));
  }

  @Test
  void aFailureIsThrownAsItIsAndEndsTheWork() {
    Set<Integer> done = ConcurrentHashMap.newKeySet();
    assertThatThrownBy(
            () ->
                Workers.forEach(
                    pieces(10_000),
                    k -> {
                      if (k == 5) {
                        throw new ArithmeticException("piece 5");
                      }
                      java.util.concurrent.locks.LockSupport.parkNanos(100_000);
                      done.add(k);
                    }))
        .isInstanceOf(ArithmeticException.class)
        .hasMessage("piece 5");
    assertThat(done).hasSizeLessThan(10_000);
    assertThat(Engine.threads()).isEqualTo(THREADS);
  }

  @Test
  void piecesRecordAsTheCallerDoes() {
    for (boolean recording : new boolean[] {true, false}) {
      Set<Boolean> modes = ConcurrentHashMap.newKeySet();
      try (GradMode mode = recording ? GradMode.enabled() : GradMode.disabled()) {
        Workers.forEach(
            pieces(12),
            k -> {
              Tensor x = filled(k).requires_grad_(true);
              modes.add(x.add(x).requires_grad());
            });
      }
      assertThat(modes).containsExactly(recording);
    }
  }

  @Test
  void workInsideAPieceSpreadsNoFurther() {
    Set<Thread> inner = ConcurrentHashMap.newKeySet();
    Workers.forEach(
        pieces(4),
        k -> {
          Thread mine = Thread.currentThread();
          Workers.forEach(
              pieces(4),
              j -> {
                assertThat(Thread.currentThread()).isSameAs(mine);
                inner.add(mine);
              });
        });
    assertThat(inner).isNotEmpty();
  }

  @Test
  void givingToAnOuterScopeFromPiecesLosesNothing() {
    List<Tensor> given = java.util.Collections.synchronizedList(new ArrayList<>());
    try (Scope scope = Scope.open()) {
      Scope.Owner owner = Scope.owner();
      Workers.forEach(pieces(500), k -> given.add(owner.adopt(filled(k))));
      assertThat(given).hasSize(500).noneMatch(t -> t.isNull());
    }
    assertThat(given).allMatch(t -> t.isNull());
  }
}
