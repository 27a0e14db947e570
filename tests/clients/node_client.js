// kafka-connect-client 2.3.0 from npm. Arguments: port, a file to read.
const assert = require("assert");
const { KafkaConnectClient } = require("kafka-connect-client");

const [port, file] = process.argv.slice(2);
const client = new KafkaConnectClient({ protocol: "http", host: "127.0.0.1", port: Number(port) });
const config = { "connector.class": "FileStreamSource", "tasks.max": "1", topic: "node", file };

async function waitFor(what, condition) {
  for (let i = 0; i < 100; i++) {
    try {
      if (await condition()) return;
    } catch (busy) {
      if (i === 99) throw busy; // no status yet
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

async function main() {
  assert.match((await client.getCluster()).data.version, /^\d+\.\d+\.\d+$/);
  const made = await client.createConnector("node", config);
  assert.strictEqual(made.status, 201);
  const connector = client.connector("node");
  const state = async () => (await connector.getStatus()).data.connector.state;
  await waitFor("RUNNING", async () => (await state()) === "RUNNING" && (await connector.getTasks()).data.length === 1);
  assert.ok((await client.getConnectors()).data.includes("node"));
  assert.ok((await client.getConnectors({ expand: "status" })).data.node.status);
  assert.strictEqual((await connector.get()).data.config.topic, "node");
  assert.deepStrictEqual((await connector.getConfig()).data, { ...config, name: "node" });
  assert.deepStrictEqual((await connector.getTasks()).data[0].id, { connector: "node", task: 0 });
  await waitFor("the task", async () => (await connector.getTaskStatus(0)).data.state === "RUNNING");
  // Its PUTs and POSTs without a body name a form as their content, which Connect refuses (pause and resume have other clients to try them).
  await assert.rejects(connector.pause(), (error) => error.response.status === 415 && error.response.data.error_code === 415);
  assert.strictEqual((await connector.restart({ includeTasks: true })).status, 204); // it sends the options in the body
  await assert.rejects(connector.restartTask(0), (error) => error.response.status === 415);
  assert.strictEqual((await connector.updateConfig({ ...config, "batch.size": "9" })).status, 200);
  await assert.rejects(connector.alterOffsets([]), (error) => error.response.status === 400);
  assert.ok(Array.isArray((await connector.getOffsets()).data.offsets));
  assert.ok((await client.getConnectorPlugins({ connectorsOnly: false })).data.some((plugin) => plugin.type === "converter"));
  const verdict = await client.validateConnectorConfig("FileStreamSource", { "connector.class": "FileStreamSource", "tasks.max": "x" });
  assert.ok(verdict.data.error_count >= 1);
  await assert.rejects(client.connector("none").get(), (error) => error.response.status === 404 && error.response.data.error_code === 404);
  await assert.rejects(client.createConnector("node", config), (error) => error.response.status === 409);
  assert.strictEqual((await connector.delete()).status, 204);
  await waitFor("its end", async () => !(await client.getConnectors()).data.includes("node"));
  console.log("kafka-connect-client: all answers understood");
}

main().catch((error) => {
  console.error(error.response ? `${error.config.method} ${error.config.url}: ${error.response.status} ${JSON.stringify(error.response.data)}` : error);
  console.error(error.stack);
  process.exit(1);
});
