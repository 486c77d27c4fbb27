package io.nngeometry.cli.console;

import java.io.PrintWriter;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar per task, with the time gone and the time left. */
record Bars(PrintWriter err) implements Progress {
  private static final int WIDTH = 100;
  private static final int NAME_WIDTH = 22;
  private static final int INTERVAL_MILLIS = 200;

  @Override
  public void say(String line) {
    err.println(line);
    err.flush();
  }

  @Override
  public Task start(String name, long steps) {
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(("%-" + NAME_WIDTH + "s").formatted(name))
            .setInitialMax(steps)
            .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BAR)
            .setUpdateIntervalMillis(INTERVAL_MILLIS)
            .setConsumer(new DelegatingProgressBarConsumer(this::draw, WIDTH))
            .build();
    return new Task() {
      @Override
      public void at(long done) {
        bar.stepTo(done);
      }

      @Override
      public void at(long done, String note) {
        bar.setExtraMessage(note);
        bar.stepTo(done);
      }

      @Override
      public void close() {
        bar.close();
        err.println();
        err.flush();
      }
    };
  }

  private void draw(String bar) {
    err.print("\r" + bar);
    err.flush();
  }
}
