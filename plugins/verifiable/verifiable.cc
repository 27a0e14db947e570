// The connectors of Kafka Connect's system tests (spec connect-runtime.md section 9.3).

#include "mock.h"
#include "schema_source.h"
#include "verifiable_sink.h"
#include "verifiable_source.h"

using verifiable::MockConnector;

SLUICE_PLUGIN(
    "verifiable", "0.1.0",
    sluice::source<verifiable::VerifiableSourceConnector, verifiable::VerifiableSourceTask>("VerifiableSource")
        .alias("org.apache.kafka.connect.tools.VerifiableSourceConnector")
        .version("4.3.1")
        .summary("Numbered records, printed when made and when acknowledged"),
    sluice::sink<verifiable::VerifiableSinkConnector, verifiable::VerifiableSinkTask>("VerifiableSink")
        .alias("org.apache.kafka.connect.tools.VerifiableSinkConnector")
        .version("4.3.1")
        .summary("Prints records when they arrive and when they are committed"),
    sluice::source<MockConnector<sluice::SourceConnector>, verifiable::MockSourceTask>("MockSource")
        .alias("org.apache.kafka.connect.tools.MockSourceConnector")
        .version("4.3.1")
        .summary("Fails on purpose"),
    sluice::sink<MockConnector<sluice::SinkConnector>, verifiable::MockSinkTask>("MockSink")
        .alias("org.apache.kafka.connect.tools.MockSinkConnector")
        .version("4.3.1")
        .summary("Fails on purpose"),
    sluice::source<verifiable::SchemaSourceConnector, verifiable::SchemaSourceTask>("SchemaSource")
        .alias("org.apache.kafka.connect.tools.SchemaSourceConnector")
        .version("4.3.1")
        .summary("Structs of one schema or of two by turns"));
