// One JSON object of strings, whole numbers and lists of strings: all that a line of
// an export is. Anything else, and a member that comes twice, is refused, so that two
// programs cannot read the same line differently.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/bytes.hpp"

namespace verifier {

class FlatJson {
public:
    using Strings = std::vector<std::string>;
    using Value = std::variant<std::nullptr_t, std::string, std::uint64_t, std::int64_t, Strings>;

    // Throws Unusable, saying what is wrong but not where it was found.
    static FlatJson from_text(std::string_view text);

    // Each takes the member out. Absent and null are nothing; another kind, or a text
    // that is none of the sort, throws Unusable naming the member.
    std::optional<std::string> take_text(const std::string &name);
    std::optional<std::uint64_t> take_unsigned(const std::string &name);
    std::optional<std::int64_t> take_signed(const std::string &name);
    std::optional<vvault::Bytes> take_hex(const std::string &name);
    std::optional<vvault::Digest> take_digest(const std::string &name);
    std::optional<std::vector<vvault::Digest>> take_digests(const std::string &name);
    std::optional<vvault::Uuid> take_uuid(const std::string &name);

    // Throws Unusable when a member is left that nobody took: what is not understood
    // would not be checked either, and pass for checked.
    void require_nothing_left() const;

private:
    std::map<std::string, Value> members_;

    std::optional<Value> take(const std::string &name);
};

// What must be there.
template <class T>
T required(std::optional<T> value, const char *name);

[[noreturn]] void refuse_member(const std::string &name, const char *what);

template <class T>
T required(std::optional<T> value, const char *name) {
    if (!value) refuse_member(name, "is missing");
    return std::move(*value);
}

}  // namespace verifier
