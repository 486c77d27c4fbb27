package io.nngeometry.io;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Files that appear whole or not at all. The content goes to a hidden file in the same directory,
 * which is forced to the disk and then renamed. Whatever happens in between (an exception, a full
 * disk, a killed process, a power cut), a former file of that name stays as it was; a reader never
 * sees half a file.
 */
public final class AtomicFiles {
  private AtomicFiles() {}

  /**
   * Writes {@code file} through a channel open for reading and writing, at position zero. A
   * symbolic link is followed; a replaced file's permissions are kept.
   *
   * @throws IOException naming {@code file}, if it cannot be written; the former file is untouched
   *     and nothing is left beside it
   */
  public static void write(Path file, IOConsumer<FileChannel> content) throws IOException {
    Path target = target(file);
    Path directory = directory(file, target);
    Path temporary = directory.resolve(".nngeometry-" + UUID.randomUUID() + ".tmp");
    Throwable failure = null;
    try (FileChannel channel = create(file, temporary)) {
      keepPermissions(target, temporary);
      content.accept(channel);
      channel.force(true);
      // closed by now where an open file cannot be renamed; closing twice is harmless
      channel.close();
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      failure = new IOException("cannot write " + file + ": " + e.getMessage(), e);
      throw (IOException) failure;
    } catch (RuntimeException | Error e) {
      failure = e;
      throw e;
    } finally {
      if (failure != null) {
        remove(temporary, failure);
      }
    }
    forceDirectory(directory);
  }

  /**
   * As {@link #write}, for content that is written as a stream. The stream is buffered, and {@code
   * content} may close it.
   */
  public static void writeStream(Path file, IOConsumer<OutputStream> content) throws IOException {
    write(
        file,
        channel -> {
          OutputStream out = new BufferedOutputStream(new KeptOpen(channel), 1 << 16);
          content.accept(out);
          out.flush();
        });
  }

  private static Path target(Path file) throws IOException {
    if (!Files.exists(file)) {
      return file;
    }
    if (!Files.isRegularFile(file)) {
      // a rename would replace a device such as /dev/null
      throw new IOException("cannot write " + file + ": it is not a regular file");
    }
    if (!Files.isWritable(file)) {
      throw new IOException("cannot write " + file + ": it is read-only");
    }
    return file.toRealPath();
  }

  private static Path directory(Path file, Path target) throws IOException {
    Path directory = target.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new IOException("cannot write " + file + ": its directory does not exist");
    }
    return directory;
  }

  private static FileChannel create(Path file, Path temporary) throws IOException {
    try {
      return FileChannel.open(
          temporary,
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE);
    } catch (AccessDeniedException e) {
      throw new AccessDeniedException(file + ": no permission to write in its directory");
    }
  }

  private static void keepPermissions(Path from, Path to) throws IOException {
    @Nullable PosixFileAttributeView view =
        Files.getFileAttributeView(from, PosixFileAttributeView.class);
    if (view != null && Files.exists(from)) {
      Files.setPosixFilePermissions(to, view.readAttributes().permissions());
    }
  }

  private static void remove(Path temporary, Throwable failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Makes the rename survive a power cut, where a directory can be forced. */
  private static void forceDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows does not open directories; the file itself is complete either way
      return;
    }
  }

  /** A stream whose channel outlives it, since the channel must still be forced to the disk. */
  private static final class KeptOpen extends FilterOutputStream {
    KeptOpen(FileChannel channel) {
      super(Channels.newOutputStream(channel));
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }
}
