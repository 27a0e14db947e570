// Writes the offsets files of this folder as Kafka Connect's standalone worker does, and reads one back:
//   java WriteOffsets.java write DIR       makes three.offsets, empty.offsets, nulls.offsets, many.offsets, shared.offsets, wrong.offsets
//   java WriteOffsets.java read FILE       prints its pairs as text, sorted: key TAB value (null values as "null")
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;

public class WriteOffsets {
  static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  static void write(Path file, Object map) throws IOException {
    try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(file))) {
      out.writeObject(map);
    }
  }

  public static void main(String[] args) throws Exception {
    if (args[0].equals("read")) {
      try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(Paths.get(args[1])))) {
        TreeSet<String> lines = new TreeSet<>();
        for (Map.Entry<?, ?> entry : ((HashMap<?, ?>) in.readObject()).entrySet()) {
          byte[] value = (byte[]) entry.getValue();
          lines.add(new String((byte[]) entry.getKey(), StandardCharsets.UTF_8) + "\t"
              + (value == null ? "null" : new String(value, StandardCharsets.UTF_8)));
        }
        for (String line : lines) System.out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        System.out.flush();
      }
      return;
    }
    Path dir = Paths.get(args[1]);
    HashMap<byte[], byte[]> three = new HashMap<>();
    three.put(bytes("[\"local-file-source\",{\"filename\":\"/tmp/in.txt\"}]"), bytes("{\"position\":42}"));
    three.put(bytes("[\"mirror\",{\"cluster\":\"a\",\"partition\":0,\"topic\":\"t\"}]"), bytes("{\"offset\":7}"));
    three.put(bytes("[\"\u00fcml\u00e4ut\",null]"), bytes("{\"position\":1,\"name\":\"\u6f22\"}"));
    write(dir.resolve("three.offsets"), three);
    write(dir.resolve("empty.offsets"), new HashMap<byte[], byte[]>());
    HashMap<byte[], byte[]> nulls = new HashMap<>();
    nulls.put(bytes("[\"c\",{\"p\":1}]"), null);
    nulls.put(bytes("[\"c\",{\"p\":2}]"), bytes("{\"o\":2}"));
    nulls.put(null, bytes("{}"));
    write(dir.resolve("nulls.offsets"), nulls);
    HashMap<byte[], byte[]> many = new HashMap<>();
    for (int i = 0; i < 200; i++) many.put(bytes("[\"many\",{\"n\":" + i + "}]"), bytes("{\"position\":" + (long) i * i + "}"));
    write(dir.resolve("many.offsets"), many);
    HashMap<byte[], byte[]> shared = new HashMap<>();
    byte[] value = bytes("{\"same\":true}");
    for (int i = 0; i < 3; i++) shared.put(bytes("[\"shared\",{\"n\":" + i + "}]"), value);
    write(dir.resolve("shared.offsets"), shared);
    HashMap<String, byte[]> wrong = new HashMap<>();
    wrong.put("key", bytes("{}"));
    write(dir.resolve("wrong.offsets"), wrong);
  }
}
