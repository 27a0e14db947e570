#pragma once
// What to tell people who bring a Groovy condition: its JavaScript form, for the conditions that people write most.

#include <string>
#include <string_view>

namespace sluice::smt {

// The JavaScript form of a Groovy expression: itself where both languages read it alike; empty where the form is not
// sure to be valid JavaScript.
std::string javascript_of_groovy(std::string_view expression);

// Whether a text has what only Groovy has: =~, ==~, ?:, "in [", def, closures. The first, second and fourth are also
// JavaScript, but with a meaning that nobody wants (a complement, the positions of a list).
bool looks_like_groovy(std::string_view expression);

}  // namespace sluice::smt
