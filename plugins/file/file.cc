// The FileStream connectors, as Kafka Connect ships them (spec connect-runtime.md section 9.1).

#include "sink.h"
#include "source.h"

SLUICE_PLUGIN(
    "file", "0.1.0",
    sluice::source<file_stream::FileStreamSourceConnector, file_stream::FileStreamSourceTask>("FileStreamSource")
        .alias("org.apache.kafka.connect.file.FileStreamSourceConnector")
        .version("4.3.1")
        .summary("Each line of a file becomes a record"),
    sluice::sink<file_stream::FileStreamSinkConnector, file_stream::FileStreamSinkTask>("FileStreamSink")
        .alias("org.apache.kafka.connect.file.FileStreamSinkConnector")
        .version("4.3.1")
        .summary("Each record becomes a line of a file"));
