#pragma once
#include <string>
#include <string_view>

namespace sluice::rest {

// `text` as part of a path, encoded as JAX-RS's UriBuilder.path() does: what is allowed in a path stays, also "/" and
// escapes that are there already.
std::string encode_path(std::string_view text);

// The Location of a created connector: "<base>/connectors/<encoded name>".
std::string connector_location(std::string_view base_url, std::string_view connector);

}  // namespace sluice::rest
