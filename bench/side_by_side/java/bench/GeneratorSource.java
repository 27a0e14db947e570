package bench;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** Makes the records of plugins/generator, byte for byte once they are converted, as cheaply as Connect's API allows. */
public final class GeneratorSource extends SourceConnector {
  private static final ConfigDef CONFIG =
      new ConfigDef()
          .define("topic", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "Topic to write to.")
          .define("generator.count", ConfigDef.Type.LONG, -1L, ConfigDef.Importance.MEDIUM, "Records of each task; -1 for no end.")
          .define("generator.rate", ConfigDef.Type.LONG, 0L, ConfigDef.Importance.MEDIUM, "Records a second of each task; 0 for no limit.")
          .define("generator.shape", ConfigDef.Type.STRING, "bytes", ConfigDef.Importance.MEDIUM, "bytes, string, row or envelope.")
          .define("generator.size", ConfigDef.Type.INT, 100, ConfigDef.Importance.MEDIUM, "Bytes of a value of shape bytes or string.")
          .define("generator.seed", ConfigDef.Type.LONG, 1L, ConfigDef.Importance.LOW, "Another seed makes other payload.")
          .define("generator.stamp", ConfigDef.Type.BOOLEAN, false, ConfigDef.Importance.LOW, "Whether values begin with the time of their making.");

  private Map<String, String> properties;

  @Override
  public void start(Map<String, String> given) {
    properties = given;
  }

  @Override
  public Class<? extends Task> taskClass() {
    return GeneratorTask.class;
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

  @Override
  public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> given) {
    return ExactlyOnceSupport.SUPPORTED;
  }

  @Override
  public ConnectorTransactionBoundaries canDefineTransactionBoundaries(Map<String, String> given) {
    return ConnectorTransactionBoundaries.UNSUPPORTED;
  }

  /** One task. */
  public static final class GeneratorTask extends SourceTask {
    private static final int BATCH_RECORDS = 2000;
    private static final int PAYLOAD_STARTS = 65536;
    private static final int NOTE_BYTES = 36;
    private static final int STAMP_DIGITS = 19;
    private static final long FIRST_TIMESTAMP_MS = 1_700_000_000_000L;
    private static final long WAIT_MS_MAX = 500;
    private static final String[] STATUS = {"NEW", "PAID", "SENT", "DONE"};
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ";

    private static final Schema KEY = SchemaBuilder.struct().name("s.public.orders.Key").field("id", Schema.INT64_SCHEMA).build();
    private static final Schema ROW = rowSchema(false);
    private static final Schema OPTIONAL_ROW = rowSchema(true);
    private static final Schema SOURCE =
        SchemaBuilder.struct()
            .name("io.debezium.connector.postgresql.Source")
            .field("version", Schema.STRING_SCHEMA)
            .field("connector", Schema.STRING_SCHEMA)
            .field("name", Schema.STRING_SCHEMA)
            .field("ts_ms", Schema.INT64_SCHEMA)
            .field("snapshot", Schema.OPTIONAL_STRING_SCHEMA)
            .field("db", Schema.STRING_SCHEMA)
            .field("sequence", Schema.OPTIONAL_STRING_SCHEMA)
            .field("schema", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA)
            .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
            .field("lsn", Schema.OPTIONAL_INT64_SCHEMA)
            .build();
    private static final Schema ENVELOPE =
        SchemaBuilder.struct()
            .name("s.public.orders.Envelope")
            .field("before", OPTIONAL_ROW)
            .field("after", OPTIONAL_ROW)
            .field("source", SOURCE)
            .field("op", Schema.STRING_SCHEMA)
            .field("ts_ms", Schema.OPTIONAL_INT64_SCHEMA)
            .build();
    private static final Field[] KEY_FIELDS = fields(KEY);
    private static final Field[] SOURCE_FIELDS = fields(SOURCE);
    private static final Field[] ENVELOPE_FIELDS = fields(ENVELOPE);

    private final CountDownLatch stopped = new CountDownLatch(1);
    private Map<String, Object> partition;
    private String topic;
    private String shape;
    private Schema row;
    private Field[] rowFields;
    private long count;
    private long rate;
    private long seed;
    private long next;
    private long beginN;
    private long beginNanos;
    private int size;
    private boolean stamp;
    private String payload;
    private byte[] payloadBytes;

    private static Schema rowSchema(boolean optional) {
      SchemaBuilder builder =
          SchemaBuilder.struct()
              .name("s.public.orders.Value")
              .field("id", Schema.INT64_SCHEMA)
              .field("customer_id", Schema.INT64_SCHEMA)
              .field("status", Schema.STRING_SCHEMA)
              .field("amount", Schema.FLOAT64_SCHEMA)
              .field("note", Schema.OPTIONAL_STRING_SCHEMA)
              .field("created_at", Schema.INT64_SCHEMA)
              .field("flag", Schema.BOOLEAN_SCHEMA)
              .field("qty", Schema.INT32_SCHEMA);
      return optional ? builder.optional().build() : builder.build();
    }

    private static Field[] fields(Schema schema) {
      return schema.fields().toArray(new Field[0]);
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public void start(Map<String, String> given) {
      Map<String, Object> config = CONFIG.parse(given);
      topic = (String) config.get("topic");
      count = (Long) config.get("generator.count");
      rate = (Long) config.get("generator.rate");
      shape = (String) config.get("generator.shape");
      size = (Integer) config.get("generator.size");
      seed = (Long) config.get("generator.seed");
      stamp = (Boolean) config.get("generator.stamp");
      partition = Map.of("task", Long.parseLong(given.get("task.id")));
      Map<String, Object> stored = context.offsetStorageReader().offset(partition);
      next = stored == null ? 0 : ((Number) stored.get("n")).longValue();
      beginN = next;
      beginNanos = System.nanoTime();
      row = shape.equals("envelope") ? OPTIONAL_ROW : ROW;
      rowFields = fields(row);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < PAYLOAD_STARTS + Math.max(size, NOTE_BYTES); ++i) text.append(LETTERS.charAt((int) (mix(i ^ (seed << 32)) & 63)));
      payload = text.toString();
      payloadBytes = payload.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
      long wanted = due();
      if (wanted <= 0) return null;
      List<SourceRecord> records = new ArrayList<>((int) wanted);
      for (long i = 0; i < wanted; ++i) {
        long n = next++;
        Map<String, Object> offset = Map.of("n", next);
        records.add(record(n, offset));
      }
      return records;
    }

    @Override
    public void stop() {
      stopped.countDown();
    }

    private long due() throws InterruptedException {
      long wanted = BATCH_RECORDS;
      if (count >= 0) wanted = Math.min(wanted, count - next);
      if (wanted <= 0) {
        stopped.await(WAIT_MS_MAX, TimeUnit.MILLISECONDS);
        return 0;
      }
      if (rate == 0) return wanted;
      double seconds = (System.nanoTime() - beginNanos) / 1e9;
      long allowed = beginN + (long) (seconds * rate) - next;
      if (allowed > 0) return Math.min(wanted, allowed);
      double waitS = (double) (next + 1 - beginN) / rate - seconds;
      stopped.await(Math.min((long) (waitS * 1000) + 1, WAIT_MS_MAX), TimeUnit.MILLISECONDS);
      return 0;
    }

    private SourceRecord record(long n, Map<String, Object> offset) {
      switch (shape) {
        case "bytes":
          return new SourceRecord(partition, offset, topic, Schema.BYTES_SCHEMA, bytes(n));
        case "string":
          return new SourceRecord(
              partition, offset, topic, Schema.STRING_SCHEMA, stamp ? new String(bytes(n), StandardCharsets.ISO_8859_1) : text(n));
        case "row":
          return new SourceRecord(partition, offset, topic, KEY, key(n), row, rowValue(n));
        default:
          return new SourceRecord(partition, offset, topic, KEY, key(n), ENVELOPE, envelope(n));
      }
    }

    private byte[] bytes(long n) {
      int begin = (int) Long.remainderUnsigned(mix(n), PAYLOAD_STARTS);
      byte[] value = new byte[size];
      System.arraycopy(payloadBytes, begin, value, 0, size);
      if (stamp) {
        Instant now = Instant.now();
        long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        for (int i = STAMP_DIGITS - 1; i >= 0; --i) {
          value[i] = (byte) ('0' + nanos % 10);
          nanos /= 10;
        }
      }
      return value;
    }

    private String text(long n) {
      int begin = (int) Long.remainderUnsigned(mix(n), PAYLOAD_STARTS);
      return payload.substring(begin, begin + size);
    }

    private static Struct key(long n) {
      return new Struct(KEY).put(KEY_FIELDS[0], n);
    }

    private Struct rowValue(long n) {
      long random = mix(n ^ seed);
      int note = (int) Long.remainderUnsigned(random, PAYLOAD_STARTS);
      return new Struct(row)
          .put(rowFields[0], n)
          .put(rowFields[1], 100_000 + Long.remainderUnsigned(random, 900_000))
          .put(rowFields[2], STATUS[(int) (random >>> 20 & 3)])
          .put(rowFields[3], (random >>> 24 & 0xffff) / 100.0)
          .put(rowFields[4], payload.substring(note, note + NOTE_BYTES))
          .put(rowFields[5], FIRST_TIMESTAMP_MS + n)
          .put(rowFields[6], (random >>> 40 & 1) != 0)
          .put(rowFields[7], (int) (random >>> 44 & 0x3f));
    }

    private Struct envelope(long n) {
      long at = FIRST_TIMESTAMP_MS + n;
      Struct source =
          new Struct(SOURCE)
              .put(SOURCE_FIELDS[0], "3.6.1.Final")
              .put(SOURCE_FIELDS[1], "postgresql")
              .put(SOURCE_FIELDS[2], "s")
              .put(SOURCE_FIELDS[3], at)
              .put(SOURCE_FIELDS[4], "false")
              .put(SOURCE_FIELDS[5], "shop")
              .put(SOURCE_FIELDS[6], "[\"24023119\",\"24023128\"]")
              .put(SOURCE_FIELDS[7], "public")
              .put(SOURCE_FIELDS[8], "orders")
              .put(SOURCE_FIELDS[9], 700 + n / 10)
              .put(SOURCE_FIELDS[10], 24_023_128 + n * 64);
      return new Struct(ENVELOPE)
          .put(ENVELOPE_FIELDS[1], rowValue(n))
          .put(ENVELOPE_FIELDS[2], source)
          .put(ENVELOPE_FIELDS[3], "c")
          .put(ENVELOPE_FIELDS[4], at + 3);
    }

    /** SplitMix64. */
    private static long mix(long x) {
      x += 0x9e3779b97f4a7c15L;
      x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
      x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
      return x ^ (x >>> 31);
    }
  }
}
