package io.nngeometry.benchmarks;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.jspecify.annotations.Nullable;

/**
 * One measurement, one line of JSON.
 *
 * @param peer whose: {@link #OURS}, or the name of another library
 * @param workload name of the workload
 * @param op name of the operation
 * @param n number of examples
 * @param c number of outputs
 * @param d number of covered parameters
 * @param threads threads that one tensor operation may use
 * @param clock what counts as time; rows without one are of the wall clock
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
    long d,
    int threads,
    Clock clock,
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

  /** As of another process, {@code other}'s, whose memory is not known. */
  Row ofProcess(String other) {
    return new Row(
        other, workload, op, n, c, d, threads, clock, seconds, least, greatest, unit, ratio, reps,
        null, failed);
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
