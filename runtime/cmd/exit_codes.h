#pragma once
// What the process ends with: those of Kafka Connect's scripts (spec connect-runtime.md section 2.6).

namespace sluice::cmd {

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 1;      // wrong arguments, or asked for help by a worker command
inline constexpr int kExitHerder = 1;     // a worker of a group whose internal topics or group cannot be used
inline constexpr int kExitStartup = 2;    // bad configuration, no broker, ...
inline constexpr int kExitConnector = 3;  // a connector file of the command line, or the start after that

}  // namespace sluice::cmd
