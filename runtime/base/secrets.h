#pragma once
// Texts that must not leave the worker: passwords, and what config providers gave. Whoever learns one tells it here;
// what goes to the outside (log lines, traces, error messages) is cleaned on its way. So a plugin that puts a password
// into an exception's text, or a URL with one in it, gives nothing away.
//
// One set for the process, as there is one log. Thread-safe. Bounded: beyond kSecretsMax the oldest are forgotten.

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::base {

// What stands in the place of a secret, here and in configurations that are shown.
inline constexpr std::string_view kSecretMask = "****";

inline constexpr std::size_t kSecretsMax = 65'536;
inline constexpr std::size_t kSecretBytesMin = 4;  // shorter texts are everywhere
inline constexpr std::size_t kSecretBytesMax = 65'536;
// A shorter one counts only where it stands alone: "test" must not hide half of "test-orders".
inline constexpr std::size_t kSecretBytesAnywhere = 8;

// Takes note of a secret. One that is too short or too long is ignored.
void keep_secret(std::string_view text);

// `text` with the mask instead of each secret that was told; of overlapping ones the longest at the first place.
std::string without_secrets(std::string text);

}  // namespace sluice::base
