#pragma once
// A struct with more fields: the schema that Debezium's ConnectRecordUtil makes for names such as "note" and
// "source.note", and how to fill it. Prepared once for a schema and the entries to add, then run by position.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/schema.h"

namespace sluice::smt {

// A field to add. `name` is a path; names are what the user wrote and may appear twice, where the last value wins.
struct NewEntry {
  std::string name;
  const Schema* schema = nullptr;
};

class ValueExtension {
 public:
  // Error: a path goes through a field that is no struct, a name is taken, an entry has no schema.
  static base::Result<ValueExtension> prepare(data::SchemaPool& pool, const Schema& schema,
                                              std::span<const NewEntry> entries);

  const Schema* schema() const { return root_.schema; }

  // `values` are those of the entries, in order. Nulls of the old value become defaults where there are such, and are
  // left out else. Error: a value does not fit its field, a struct is needed and there is none.
  base::Result<Value> apply(sluice_arena* arena, const Value& old, std::span<const Value> values) const;

 private:
  // What happens to one struct of the old value.
  struct Node {
    struct Copied {
      std::size_t from = 0;
      std::size_t to = 0;
      std::unique_ptr<Node> inner;  // of a field through which a path goes
    };
    struct Put {
      std::size_t entry = 0;
      std::size_t to = 0;
    };
    struct Parent {  // a struct that a path needs and the old value lacks
      std::size_t to = 0;
      std::vector<Put> puts;
    };
    const Schema* schema = nullptr;
    std::vector<Copied> copied;
    std::vector<Put> puts;
    std::vector<Parent> parents;
  };
  class Preparation;

  static base::Result<Value> fill(sluice_arena* arena, const Node& node, const Value& old,
                                  std::span<const Value> values);
  static base::Status put_all(const std::vector<Node::Put>& puts, std::span<const Value> values, sluice_struct& out);

  Node root_;
};

}  // namespace sluice::smt
