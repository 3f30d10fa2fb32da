// Reads untrusted JSON. nlohmann's parser does the grammar; what it does not
// limit is limited here: depth, number of values, repeated keys, U+0000 (which
// Postgres text cannot hold). Numbers keep the text they came in, so that
// metadata passes through unrounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

struct Json {
    enum class Kind { null, boolean, number, string, array, object };

    Kind kind = Kind::null;
    bool truth = false;
    std::string name = {};            // its key, if it is a member of an object
    std::string text = {};            // a string's content, or a number as written
    std::vector<Json> children = {};  // an array's elements or an object's members

    const Json *find(std::string_view key) const;

    // A member that is a string; absent and null are nullopt. Any other kind is
    // the sender's mistake: 422, naming the member.
    std::optional<std::string> string_at(std::string_view key) const;

    // The same, but anything that is no string counts as absent: for members of
    // opaque objects, which may mean something else than we think.
    std::optional<std::string> string_if(std::string_view key) const;

    bool is(Kind wanted) const { return kind == wanted; }
};

// Throws Problem: 400 if it is no JSON, 422 for U+0000, 413 for too many values.
Json parse_json(std::string_view text);
Json parse_json_object(std::string_view text);

std::string to_text(const Json &json);

}  // namespace gateway
