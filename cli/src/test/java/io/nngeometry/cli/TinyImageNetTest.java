package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands of the paper's experiments on a folder laid out as TinyImageNet is, with two classes
 * and a smaller network: what docs/paper.md says to run on the data set itself.
 */
class TinyImageNetTest {
  private static final List<String> CLASSES = List.of("n01443537", "n01629819");
  private static final int TRAINING = 6;
  private static final int HELD_OUT = 4;

  @TempDir private Path folder;
  private final Random random = new Random(0);

  /** A class is bright at the left, the other one at the right. */
  private void picture(Path file, int label) throws IOException {
    BufferedImage picture = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 64; y++) {
      for (int x = 0; x < 64; x++) {
        int level = (x / 32 == label ? 200 : 40) + random.nextInt(30);
        picture.setRGB(x, y, level << 16 | level << 8 | level);
      }
    }
    Files.createDirectories(file.getParent());
    assertThat(ImageIO.write(picture, "jpg", file.toFile())).isTrue();
  }

  private Path tinyImageNet() throws IOException {
    Path root = folder.resolve("tiny-imagenet-200");
    StringBuilder heldOut = new StringBuilder();
    for (int label = 0; label < CLASSES.size(); label++) {
      String name = CLASSES.get(label);
      for (int k = 0; k < TRAINING; k++) {
        picture(root.resolve("train/%s/images/%s_%d.JPEG".formatted(name, name, k)), label);
      }
      for (int k = 0; k < HELD_OUT; k++) {
        String file = "val_%d.JPEG".formatted(label * HELD_OUT + k);
        picture(root.resolve("val/images/" + file), label);
        heldOut.append("%s\t%s\t0\t0\t62\t62%n".formatted(file, name));
      }
    }
    Files.writeString(root.resolve("wnids.txt"), String.join("\n", CLASSES) + "\n");
    Files.writeString(root.resolve("val/val_annotations.txt"), heldOut);
    return root;
  }

  @Test
  void aNetworkIsTrainedOnItComparedAndFollowed() throws IOException {
    Path states = folder.resolve("states");
    String data = "--data=image-folder:" + tinyImageNet();
    Ran.of(
            "train",
            data,
            "--model=resnet18",
            "--width=1",
            "--train-batch=4",
            "--lr=.1",
            "--schedule=steps",
            "--crop=8",
            "--flip",
            "--epochs=2",
            "--keep-every=1",
            "--checkpoints=" + states,
            "--out=" + folder.resolve("weights.safetensors"))
        .well();
    Path study = folder.resolve("study");
    Ran.of(
            "compare",
            "--checkpoints=" + states,
            "--draws=2",
            "--vectors=1",
            "--damping=1e-2",
            "--representations=diag,kfac",
            "--out=" + study)
        .well();
    JsonNode found = JsonMapper.builder().build().readTree(study.resolve("study.json").toFile());
    assertThat(found.get("network").get("input").asText()).isEqualTo("3x64x64");
    assertThat(found.get("network").get("classes").asText()).isEqualTo("2");
    assertThat(found.get("examples").asInt()).isEqualTo(CLASSES.size() * HELD_OUT);
    assertThat(found.get("states")).hasSize(3);
    for (JsonNode state : found.get("states")) {
      assertThat(state.get("trace").asDouble()).isPositive();
    }
    Path evolution = folder.resolve("evolution");
    Ran.of(
            "ntk-evolution",
            "--checkpoints=" + states,
            data,
            "--pair=0,1",
            "--per-class=3",
            "--out=" + evolution)
        .well();
    Artifacts.check(evolution.resolve("gram.png"));
  }
}
