#include "flat_json.hpp"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "verdict.hpp"

namespace verifier {

namespace {

using vvault::Bytes;
using vvault::Digest;

// The parser's events. It keeps no stack of its own that grows with the depth, and
// the second level of nesting ends the parse here.
class Members {
public:
    std::map<std::string, FlatJson::Value> found;
    std::string refusal;

    bool null() { return add(nullptr); }
    bool boolean(bool) { return refuse("a truth value, of which an export has none"); }
    bool number_integer(std::int64_t value) { return add(value); }
    bool number_unsigned(std::uint64_t value) { return add(value); }
    bool number_float(double, const std::string &) {
        return refuse("a number that is not whole, or too large");
    }
    bool string(std::string &value) {
        if (!list_) return add(std::move(value));
        list_->push_back(std::move(value));
        return true;
    }
    bool binary(nlohmann::json::binary_t &) { return refuse("no JSON"); }
    bool start_object(std::size_t) {
        if (inside_) return refuse("an object within the object");
        inside_ = true;
        return true;
    }
    bool end_object() { return true; }
    bool start_array(std::size_t) {
        if (!inside_ || list_) return refuse("a list where none can be");
        list_.emplace();
        return true;
    }
    bool end_array() {
        FlatJson::Strings list = std::move(*list_);
        list_.reset();
        return add(std::move(list));
    }
    bool key(std::string &name) {
        if (found.contains(name)) return refuse("the same member twice");
        name_ = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string &, const std::exception &) {
        return refuse("no JSON at its byte " + std::to_string(position));
    }

private:
    bool inside_ = false;
    std::string name_;
    std::optional<FlatJson::Strings> list_;

    bool refuse(std::string what) {
        if (refusal.empty()) refusal = std::move(what);
        return false;
    }
    bool add(FlatJson::Value value) {
        if (!inside_) return refuse("no object");
        if (list_) return refuse("a list of something else than strings");
        found.emplace(std::move(name_), std::move(value));
        return true;
    }
};

Digest digest_from(const std::string &name, const std::string &text) {
    Digest digest;
    const auto bytes = vvault::from_hex(text);
    if (!bytes || bytes->size() != digest.size()) refuse_member(name, "is not 64 hex digits");
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

}  // namespace

void refuse_member(const std::string &name, const char *what) {
    throw Unusable("\"" + name + "\" " + what);
}

FlatJson FlatJson::from_text(std::string_view text) {
    Members members;
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &members))
        throw Unusable("it is or has " + members.refusal);
    FlatJson json;
    json.members_ = std::move(members.found);
    return json;
}

std::optional<FlatJson::Value> FlatJson::take(const std::string &name) {
    auto node = members_.extract(name);
    if (!node || std::holds_alternative<std::nullptr_t>(node.mapped())) return std::nullopt;
    return std::move(node.mapped());
}

std::optional<std::string> FlatJson::take_text(const std::string &name) {
    auto value = take(name);
    if (!value) return std::nullopt;
    if (auto *text = std::get_if<std::string>(&*value)) return std::move(*text);
    refuse_member(name, "is not a string");
}

std::optional<std::uint64_t> FlatJson::take_unsigned(const std::string &name) {
    const auto value = take(name);
    if (!value) return std::nullopt;
    if (const auto *number = std::get_if<std::uint64_t>(&*value)) return *number;
    refuse_member(name, "is not a number from 0 to 2^64 - 1");
}

std::optional<std::int64_t> FlatJson::take_signed(const std::string &name) {
    const auto value = take(name);
    if (!value) return std::nullopt;
    if (const auto *number = std::get_if<std::int64_t>(&*value)) return *number;
    const auto *number = std::get_if<std::uint64_t>(&*value);
    if (number && *number <= std::numeric_limits<std::int64_t>::max())
        return static_cast<std::int64_t>(*number);
    refuse_member(name, "is not a number from -2^63 to 2^63 - 1");
}

std::optional<Bytes> FlatJson::take_hex(const std::string &name) {
    const auto text = take_text(name);
    if (!text) return std::nullopt;
    auto bytes = vvault::from_hex(*text);
    if (!bytes) refuse_member(name, "is not hex");
    return bytes;
}

std::optional<Digest> FlatJson::take_digest(const std::string &name) {
    const auto text = take_text(name);
    if (!text) return std::nullopt;
    return digest_from(name, *text);
}

std::optional<std::vector<Digest>> FlatJson::take_digests(const std::string &name) {
    const auto value = take(name);
    if (!value) return std::nullopt;
    const auto *texts = std::get_if<Strings>(&*value);
    if (!texts) refuse_member(name, "is not a list");
    std::vector<Digest> digests;
    for (const std::string &text : *texts) digests.push_back(digest_from(name, text));
    return digests;
}

std::optional<vvault::Uuid> FlatJson::take_uuid(const std::string &name) {
    const auto text = take_text(name);
    if (!text) return std::nullopt;
    const auto uuid = vvault::uuid_from_text(*text);
    if (!uuid) refuse_member(name, "is not a UUID");
    return uuid;
}

void FlatJson::require_nothing_left() const {
    if (!members_.empty()) throw Unusable("it has a member that this program does not know");
}

}  // namespace verifier
