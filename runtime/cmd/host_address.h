#pragma once
// Where this machine can be reached if no configuration says so.

#include <string>

namespace sluice::cmd {

// The address of the machine's host name, an IPv4 one if there is one, as Java's InetAddress.getLocalHost() gives it:
// part of the worker's id. The name itself if it cannot be resolved. May wait for the resolver.
std::string local_host_address();

}  // namespace sluice::cmd
