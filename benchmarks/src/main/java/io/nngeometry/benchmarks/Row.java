package io.nngeometry.benchmarks;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * One measurement, one line of JSON.
 *
 * @param peer whose: {@link #OURS}, or the name of another library
 * @param workload name of the workload
 * @param op name of the operation
 * @param n number of examples
 * @param c number of outputs
 * @param d number of covered parameters, where it is known
 * @param threads threads that one tensor operation may use
 * @param clock what counts as time; rows without one are of the wall clock
 * @param environment variables of the process, where that was chosen
 * @param seconds median time of the operation
 * @param least shortest time
 * @param greatest longest time
 * @param unit median time of one forward and backward, measured between the repetitions
 * @param ratio median in multiples of the unit
 * @param reps repetitions
 * @param peakMegabytes the most memory that the process had resident
 * @param failed what went wrong, in place of the times
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
record Row(
    String peer,
    String workload,
    String op,
    long n,
    long c,
    @Nullable Long d,
    int threads,
    Clock clock,
    @Nullable Environment environment,
    @JsonProperty("op_s") @Nullable Double seconds,
    @JsonProperty("op_min") @Nullable Double least,
    @JsonProperty("op_max") @Nullable Double greatest,
    @JsonProperty("fb_s") @Nullable Double unit,
    @Nullable Double ratio,
    @Nullable Integer reps,
    @JsonProperty("peak_rss_mb") @Nullable Long peakMegabytes,
    @Nullable String failed) {

  /** What our rows carry as peer. */
  static final String OURS = "nngeometry-jvm";

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS).build();

  Row {
    clock = clock == null ? Clock.WALL : clock;
  }

  /** Reads a line. */
  static Row parse(String line) {
    try {
      return JSON.readValue(line, Row.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a row: " + line, e);
    }
  }

  /**
   * Several rounds of one measurement as one: the median of their medians, the extremes, all
   * repetitions, the greatest peak. A round that failed counts only if no other did better.
   */
  static Row of(List<Row> rounds) {
    List<Row> done = rounds.stream().filter(row -> row.failed == null).toList();
    if (done.size() < 2) {
      return done.isEmpty() ? rounds.get(0) : done.get(0);
    }
    Row any = done.get(0);
    return new Row(
        any.peer,
        any.workload,
        any.op,
        any.n,
        any.c,
        any.d,
        any.threads,
        any.clock,
        any.environment,
        median(done, Row::seconds),
        values(done, row -> row.least == null ? row.seconds : row.least).min().orElseThrow(),
        values(done, row -> row.greatest == null ? row.seconds : row.greatest).max().orElseThrow(),
        median(done, Row::unit),
        median(done, Row::ratio),
        done.stream().mapToInt(row -> row.reps == null ? 1 : row.reps).sum(),
        done.stream()
            .map(Row::peakMegabytes)
            .filter(Objects::nonNull)
            .max(Long::compare)
            .orElse(null),
        null);
  }

  private static DoubleStream values(List<Row> rows, Function<Row, @Nullable Double> field) {
    return rows.stream().map(field).filter(Objects::nonNull).mapToDouble(x -> x);
  }

  private static double median(List<Row> rows, Function<Row, @Nullable Double> field) {
    return Stopwatch.median(values(rows, field).boxed().toList());
  }

  /** Its unit as a measurement. */
  Row ofUnit() {
    return new Row(
        peer,
        workload,
        Section.UNIT,
        n,
        c,
        d,
        threads,
        clock,
        environment,
        unit,
        unit,
        unit,
        unit,
        1.0,
        1,
        null,
        null);
  }

  /** Whether it is ours. */
  boolean isOurs() {
    return peer.equals(OURS);
  }

  /** As measured in {@code chosen}. */
  Row in(Environment chosen) {
    return new Row(
        peer,
        workload,
        op,
        n,
        c,
        d,
        threads,
        clock,
        chosen,
        seconds,
        least,
        greatest,
        unit,
        ratio,
        reps,
        peakMegabytes,
        failed);
  }

  /** The line. */
  String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
