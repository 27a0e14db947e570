#include "runtime/convert/json_tree.h"

#include <cstring>
#include <unordered_map>
#include <vector>

#include "runtime/convert/json_unicode.h"
#include "runtime/data/utf16.h"

namespace sluice::convert::json {
namespace {

using base::Code;

class TreeReader {
 public:
  TreeReader(const Source& source, sluice_arena* nodes, sluice_arena* texts)
      : start_(source.text.data()),
        p_(start_),
        end_(start_ + source.text.size()),
        wide_(source.wide),
        nodes_(nodes),
        texts_(texts) {}

  base::Result<Node> read() {
    Node node;
    p_ = skip_blanks(p_, end_);
    if (p_ == end_) return node;
    const char first = *p_;
    if (!value(&node, 0)) return error();
    // A number or word at the top must end where a blank or the message does.
    if (node.is_number() && p_ != end_ && !is_blank(*p_)) {
      what_ = "expected a blank after the number";
      return error();
    }
    if (first != '"' && !node.is_number() && p_ != end_ && static_cast<unsigned char>(*p_) >= 0x80 &&
        node.kind != NodeKind::kArray && node.kind != NodeKind::kObject) {
      what_ = "expected a blank after the word";
      return error();
    }
    return node;
  }

 private:
  tl::unexpected<base::Error> error() const {
    if (no_memory_)
      return base::fail(Code::kNoMemory, base::exceptions::kConnect,
                        "The message does not fit into the memory of its batch");
    return base::fail(Code::kBadRecord, base::exceptions::kSerialization, "Invalid JSON: {} at byte {}", what_,
                      p_ - start_);
  }
  bool refuse(const char* what) {
    what_ = what;
    return false;
  }

  bool value(Node* node, int depth) {
    if (p_ == end_) return refuse("unexpected end");
    switch (*p_) {
      case '"':
        ++p_;
        node->kind = NodeKind::kString;
        return text(TextRole::kValue, &node->text);
      case '{':
        return object(node, depth + 1);
      case '[':
        return array(node, depth + 1);
      case 't':
        return word("true", NodeKind::kTrue, node);
      case 'f':
        return word("false", NodeKind::kFalse, node);
      case 'n':
        return word("null", NodeKind::kNull, node);
      default:
        return number(node);
    }
  }

  bool number(Node* node) {
    if (*p_ != '-' && !is_digit(*p_)) return refuse("expected a value");
    Number number;
    const char* const after = scan_number(p_, end_, &number);
    if (after == nullptr) return refuse("malformed number");
    p_ = after;
    node->kind = number.integral ? NodeKind::kInteger : NodeKind::kDecimal;
    node->width = number.width;
    node->low64 = number.low64;
    node->text = number.text;
    return true;
  }

  bool word(std::string_view expected, NodeKind kind, Node* node) {
    if (static_cast<std::size_t>(end_ - p_) < expected.size() || std::memcmp(p_, expected.data(), expected.size()) != 0)
      return refuse("unknown word");
    p_ += expected.size();
    node->kind = kind;
    if (p_ == end_) return true;
    const char c = *p_;
    const bool letter = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == 0x7F;
    return letter ? refuse("unknown word") : true;
  }

  bool text(TextRole role, std::string_view* text) {
    const char* close = nullptr;
    const TextKind kind = scan_text(p_, end_, &close);
    if (kind == TextKind::kMalformed) return refuse("malformed text");
    const std::string_view raw(p_, static_cast<std::size_t>(close - p_));
    *text = raw;
    if (kind == TextKind::kMarked) {
      bool malformed = false;
      if (!unescape(raw, role, wide_, texts_, text, &malformed)) {
        no_memory_ = !malformed;
        return refuse("malformed text");
      }
    }
    const std::size_t units_max = role == TextRole::kName ? kNameUnitsMax : kStringUnitsMax;
    if (text->size() > units_max && data::utf16_length(*text) > units_max) return refuse("text too long");
    p_ = close + 1;
    return true;
  }

  bool array(Node* node, int depth) {
    if (depth > kDepthMax) return refuse("nested too deeply");
    node->kind = NodeKind::kArray;
    node->begin = p_;
    const std::size_t first = stack_.size();
    p_ = skip_blanks(p_ + 1, end_);
    if (p_ != end_ && *p_ == ']') {
      ++p_;
    } else {
      for (;;) {
        Node element;
        if (!value(&element, depth)) return false;
        stack_.push_back({{}, element});
        if (!separator(']')) return false;
        if (closed_) break;
      }
    }
    node->end = p_;
    node->count = static_cast<std::uint32_t>(stack_.size() - first);
    Node* const elements = arena_array<Node>(nodes_, node->count);
    if (elements == nullptr) return out_of_memory();
    for (std::uint32_t i = 0; i < node->count; ++i) elements[i] = stack_[first + i].value;
    stack_.resize(first);
    node->elements = elements;
    return true;
  }

  bool object(Node* node, int depth) {
    if (depth > kDepthMax) return refuse("nested too deeply");
    node->kind = NodeKind::kObject;
    node->begin = p_;
    const std::size_t first = stack_.size();
    p_ = skip_blanks(p_ + 1, end_);
    if (p_ != end_ && *p_ == '}') {
      ++p_;
    } else {
      for (;;) {
        Member member;
        if (!name(&member.name) || !value(&member.value, depth)) return false;
        stack_.push_back(member);
        if (!separator('}')) return false;
        if (closed_) break;
      }
    }
    node->end = p_;
    return keep_members(node, first);
  }

  bool name(std::string_view* name) {
    if (p_ == end_ || *p_ != '"') return refuse("expected a member's name");
    ++p_;
    if (!text(TextRole::kName, name)) return false;
    p_ = skip_blanks(p_, end_);
    if (p_ == end_ || *p_ != ':') return refuse("expected a colon");
    p_ = skip_blanks(p_ + 1, end_);
    return true;
  }

  // A comma, or the closing bracket (then closed_ is set).
  bool separator(char close) {
    p_ = skip_blanks(p_, end_);
    if (p_ == end_) return refuse("unexpected end");
    closed_ = *p_ == close;
    if (!closed_ && *p_ != ',') return refuse("expected a comma or the closing bracket");
    ++p_;
    if (!closed_) p_ = skip_blanks(p_, end_);
    return true;
  }

  bool keep_members(Node* node, std::size_t first) {
    const std::size_t count = stack_.size() - first;
    Member* const members = arena_array<Member>(nodes_, count);
    if (members == nullptr) return out_of_memory();
    std::uint32_t kept = 0;
    std::unordered_map<std::string_view, std::uint32_t> places;
    if (count > kSearchMax) places.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const Member& member = stack_[first + i];
      std::uint32_t place = kept;
      if (count > kSearchMax)
        place = places.emplace(member.name, kept).first->second;
      else
        for (std::uint32_t j = 0; j < kept && place == kept; ++j)
          if (members[j].name == member.name) place = j;
      members[place] = member;
      if (place == kept) ++kept;
    }
    stack_.resize(first);
    node->count = kept;
    node->members = members;
    return true;
  }

  bool out_of_memory() {
    no_memory_ = true;
    return refuse("no memory");
  }

  static constexpr std::size_t kSearchMax = 24;  // more members than these are looked up by a table

  const char* const start_;
  const char* p_;
  const char* const end_;
  const bool wide_;
  sluice_arena* const nodes_;
  sluice_arena* const texts_;
  std::vector<Member> stack_;  // children of the containers that are open
  bool closed_ = false;
  bool no_memory_ = false;
  const char* what_ = "";
};

}  // namespace

const Node* Node::get(std::string_view name, std::size_t* hint) const {
  const auto all = fields();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t at = *hint + i < all.size() ? *hint + i : *hint + i - all.size();
    if (all[at].name != name) continue;
    *hint = at + 1 < all.size() ? at + 1 : 0;
    return &all[at].value;
  }
  return nullptr;
}

std::string_view node_type_name(const Node& node) {
  switch (node.kind) {
    case NodeKind::kMissing:
      return "MISSING";
    case NodeKind::kNull:
      return "NULL";
    case NodeKind::kFalse:
    case NodeKind::kTrue:
      return "BOOLEAN";
    case NodeKind::kInteger:
    case NodeKind::kDecimal:
      return "NUMBER";
    case NodeKind::kString:
      return "STRING";
    case NodeKind::kArray:
      return "ARRAY";
    case NodeKind::kObject:
      return "OBJECT";
  }
  return "";
}

base::Result<Node> parse(std::string_view bytes, sluice_arena* nodes, sluice_arena* texts) {
  SLUICE_TRY_ASSIGN(const Source source, to_utf8(bytes, texts));
  return TreeReader(source, nodes, texts).read();
}

}  // namespace sluice::convert::json
