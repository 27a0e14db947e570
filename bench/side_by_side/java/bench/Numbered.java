package bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Tasks that all get the connector's configuration and a number, as Sluice's own SDK does it. */
final class Numbered {
  private Numbered() {}

  static List<Map<String, String>> taskConfigs(Map<String, String> properties, int tasksMax) {
    List<Map<String, String>> configs = new ArrayList<>();
    for (int i = 0; i < tasksMax; ++i) {
      Map<String, String> config = new HashMap<>(properties);
      config.put("task.id", Integer.toString(i));
      configs.add(config);
    }
    return configs;
  }
}
