// org.sourcelab:kafka-connect-client 4.0.5 (the library under AKHQ), driven from Rhino. Arguments: URL, a file to read.
var dto = Packages.org.sourcelab.kafka.connect.apiclient.request.dto;
var client = new Packages.org.sourcelab.kafka.connect.apiclient.KafkaConnectClient(
  new Packages.org.sourcelab.kafka.connect.apiclient.Configuration(arguments[0]));
var name = "sourcelab > 1";

function check(what, got, want) {
  if (String(got) !== String(want)) throw new Error(what + ": got " + got + ", want " + want);
}
function waitFor(what, condition) {
  for (var i = 0; i < 100; i++) {
    try {
      if (condition()) return;
    } catch (busy) {
      if (i === 99) throw busy;  // no status yet
    }
    java.lang.Thread.sleep(100);
  }
  throw new Error("waited in vain for " + what);
}
function state() {
  return String(client.getConnectorStatus(name).getConnector().get("state"));
}
function config(file) {
  var map = new java.util.HashMap();
  map.put("connector.class", "FileStreamSource");
  map.put("tasks.max", "1");
  map.put("topic", "sourcelab");
  map.put("file", file);
  return map;
}

check("version", /^\d+\.\d+\.\d+$/.test(String(client.getConnectServerVersion().getVersion())), true);
var made = client.addConnector(new dto.NewConnectorDefinition(name, config(arguments[1])));
check("name", made.getName(), name);
waitFor("RUNNING", function () { return state() === "RUNNING" && client.getConnectorStatus(name).getTasks().size() === 1; });
check("names", client.getConnectors().contains(name), true);
check("config", client.getConnectorConfig(name).get("topic"), "sourcelab");
check("definition", client.getConnector(name).getConfig().get("name"), name);
check("expanded", client.getConnectorsWithAllExpandedMetadata().getAllStatuses().size() >= 1, true);
check("expanded status", client.getConnectorsWithExpandedStatus().getAllStatuses().size() >= 1, true);
check("expanded info", client.getConnectorsWithExpandedInfo().getAllDefinitions().size() >= 1, true);
check("tasks", client.getConnectorTasks(name).size(), 1);
check("task state", client.getConnectorTaskStatus(name, 0).getState(), "RUNNING");
client.getConnectorTopics(name);
check("reset topics", client.resetConnectorTopics(name), true);
check("pause", client.pauseConnector(name), true);
waitFor("PAUSED", function () { return state() === "PAUSED"; });
check("resume", client.resumeConnector(name), true);
waitFor("RUNNING", function () { return state() === "RUNNING"; });
check("restart", client.restartConnector(name), true);
check("restart with tasks", client.restartConnector(
  new Packages.org.sourcelab.kafka.connect.apiclient.request.post.PostConnectorRestart(name).withIncludeTasks(true).withOnlyFailed(false)), true);
waitFor("RUNNING", function () { return state() === "RUNNING"; });
check("restart task", client.restartConnectorTask(name, 0), true);
check("stop", client.stopConnector(name), true);
waitFor("STOPPED", function () { return state() === "STOPPED"; });
var other = config(arguments[1]);
other.put("batch.size", "7");
check("update", client.updateConnectorConfig(name, other).getConfig().get("batch.size"), "7");
// As AKHQ does for its list of plugins.
var plugins = client.getConnectorPlugins().iterator();
while (plugins.hasNext()) {
  var kind = plugins.next().getClassName();
  var asked = new java.util.HashMap();
  asked.put("connector.class", kind);
  asked.put("topics", "getPlugins");
  client.validateConnectorPluginConfig(new dto.ConnectorPluginConfigDefinition(kind, asked));
}
try {
  client.getConnector("there is none");
  throw new Error("no error for a connector that does not exist");
} catch (error) {
  if (!(error.javaException instanceof Packages.org.sourcelab.kafka.connect.apiclient.rest.exceptions.ResourceNotFoundException)) throw error;
}
check("delete", client.deleteConnector(name), true);
waitFor("its end", function () { return !client.getConnectors().contains(name); });
print("sourcelab: all answers understood");
