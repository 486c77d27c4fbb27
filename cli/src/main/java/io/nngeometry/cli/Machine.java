package io.nngeometry.cli;

import io.nngeometry.engine.Engine;
import io.nngeometry.fisher.MemoryBudget;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import picocli.CommandLine.Model.CommandSpec;

/** What a run ran on and with: without it, times mean nothing. */
final class Machine {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** Processor, memory, system. */
  static Map<String, Object> facts() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("processor", processor().orElse(System.getProperty("os.arch")));
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    facts.put("threads", Engine.threads());
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      facts.put("memory", MemoryBudget.human(system.getTotalMemorySize()));
    }
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return facts;
  }

  /** Of this program and what it stands on. */
  static Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("nngeometry", Main.version());
    versions.put(
        "libtorch",
        Optional.ofNullable(torch.class.getPackage().getSpecificationVersion()).orElse("unknown"));
    versions.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    return versions;
  }

  /** What was typed. */
  static String commandLine(CommandSpec spec) {
    return "nngeometry "
        + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private static Optional<String> processor() {
    if (!Files.isReadable(CPUINFO)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(CPUINFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
