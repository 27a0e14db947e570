package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** Drops every record and says how many it took in a file, as plugins/blackhole does. */
public final class BlackholeSink extends SinkConnector {
  private static final ConfigDef CONFIG =
      new ConfigDef()
          .define("blackhole.count.file", ConfigDef.Type.STRING, "", ConfigDef.Importance.MEDIUM, "Holds how many records each task has taken.");

  private Map<String, String> properties;

  @Override
  public void start(Map<String, String> given) {
    properties = given;
  }

  @Override
  public Class<? extends Task> taskClass() {
    return BlackholeTask.class;
  }

  @Override
  public List<Map<String, String>> taskConfigs(int tasksMax) {
    return Numbered.taskConfigs(properties, tasksMax);
  }

  @Override
  public void stop() {}

  @Override
  public ConfigDef config() {
    return CONFIG;
  }

  @Override
  public String version() {
    return "1";
  }

  /** One task. */
  public static final class BlackholeTask extends SinkTask {
    private final ByteBuffer taken = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private FileChannel file;
    private long position;

    @Override
    public String version() {
      return "1";
    }

    @Override
    public void start(Map<String, String> given) {
      String path = given.getOrDefault("blackhole.count.file", "");
      if (path.isEmpty()) return;
      position = Long.BYTES * Long.parseLong(given.get("task.id"));
      try {
        file = FileChannel.open(Path.of(path), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }

    @Override
    public void put(Collection<SinkRecord> records) {
      if (file == null) return;
      taken.putLong(0, taken.getLong(0) + records.size()).rewind();
      try {
        file.write(taken, position);
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }

    @Override
    public void stop() {
      try {
        if (file != null) file.close();
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }
  }
}
