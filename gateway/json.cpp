#include "json.hpp"

#include <unordered_set>

#include <nlohmann/json.hpp>

#include "json_writer.hpp"
#include "problem.hpp"

namespace gateway {

namespace {

constexpr std::size_t maximum_depth = 64;
// A value of one byte in the body costs about a hundred in memory; without a
// limit on their number a 50 MiB body of "[1,1,1…" would take gigabytes.
constexpr std::size_t maximum_values = 250'000;

// Receives nlohmann's SAX events. Returning false ends the parse; `refusal` then
// says why.
class Builder {
public:
    Json root;
    std::optional<Problem> refusal;

    bool null() { return add(Json{}); }
    bool boolean(bool value) {
        Json json{.kind = Json::Kind::boolean};
        json.truth = value;
        return add(std::move(json));
    }
    bool number_integer(std::int64_t value) { return add_number(std::to_string(value)); }
    bool number_unsigned(std::uint64_t value) { return add_number(std::to_string(value)); }
    bool number_float(double, const std::string &written) { return add_number(written); }
    bool string(std::string &value) {
        if (!storable(value)) return false;
        Json json{.kind = Json::Kind::string};
        json.text = std::move(value);
        return add(std::move(json));
    }
    bool binary(nlohmann::json::binary_t &) { return refuse("bad-request", "unexpected binary"); }

    bool start_object(std::size_t) { return open(Json::Kind::object); }
    bool start_array(std::size_t) { return open(Json::Kind::array); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string &value) {
        if (!storable(value)) return false;
        if (!open_.back().keys.insert(value).second)
            return refuse("bad-request", "the JSON body has the same key twice in one object");
        next_name_ = std::move(value);
        return true;
    }

    // The library's own text quotes the body, so only the place is told.
    bool parse_error(std::size_t position, const std::string &, const std::exception &) {
        return refuse("bad-request",
                      "the body is not valid JSON, at byte " + std::to_string(position));
    }

private:
    struct Open {
        Json json;
        std::unordered_set<std::string> keys;
    };
    std::vector<Open> open_;
    std::string next_name_;
    std::size_t values_ = 0;

    bool refuse(std::string_view slug, std::string detail) {
        if (!refusal) refusal = Problem::of(slug, std::move(detail));
        return false;
    }

    bool storable(const std::string &value) {
        if (value.find('\0') == std::string::npos) return true;
        refusal = Problem::of_sqlstate("22021", "text must not hold the character U+0000");
        return false;
    }

    bool add_number(std::string written) {
        Json json{.kind = Json::Kind::number};
        json.text = std::move(written);
        return add(std::move(json));
    }

    bool count() {
        if (++values_ <= maximum_values) return true;
        return refuse("too-large",
                      "the JSON body has more than " + std::to_string(maximum_values) + " values");
    }

    bool add(Json json) {
        if (!count()) return false;
        attach(std::move(json));
        return true;
    }

    void attach(Json json) {
        if (open_.empty()) {
            root = std::move(json);
            return;
        }
        auto &parent = open_.back().json;
        if (parent.is(Json::Kind::object)) json.name = std::move(next_name_);
        parent.children.push_back(std::move(json));
    }

    bool open(Json::Kind kind) {
        if (!count()) return false;
        if (open_.size() >= maximum_depth)
            return refuse("bad-request", "the JSON body is nested more than " +
                                             std::to_string(maximum_depth) + " deep");
        Json json{.kind = kind};
        if (!open_.empty() && open_.back().json.is(Json::Kind::object))
            json.name = std::move(next_name_);
        open_.push_back({std::move(json), {}});
        return true;
    }

    bool close() {
        Json json = std::move(open_.back().json);
        open_.pop_back();
        if (!open_.empty() && open_.back().json.is(Json::Kind::object))
            next_name_ = json.name;  // attach() takes the name from here
        attach(std::move(json));
        return true;
    }
};

void write(JsonWriter &out, const Json &json) {
    switch (json.kind) {
        case Json::Kind::null:
            out.null();
            break;
        case Json::Kind::boolean:
            out.boolean(json.truth);
            break;
        case Json::Kind::number:
            out.raw(json.text);
            break;
        case Json::Kind::string:
            out.string(json.text);
            break;
        case Json::Kind::array:
            out.begin_array();
            for (const auto &child : json.children) write(out, child);
            out.end_array();
            break;
        case Json::Kind::object:
            out.begin_object();
            for (const auto &child : json.children) {
                out.key(child.name);
                write(out, child);
            }
            out.end_object();
            break;
    }
}

}  // namespace

const Json *Json::find(std::string_view key) const {
    if (kind != Kind::object) return nullptr;
    for (const auto &child : children)
        if (child.name == key) return &child;
    return nullptr;
}

std::optional<std::string> Json::string_at(std::string_view key) const {
    const Json *member = find(key);
    if (!member || member->is(Kind::null)) return std::nullopt;
    if (!member->is(Kind::string))
        throw Problem::of("invalid-value", "\"" + std::string(key) + "\" must be a string");
    return member->text;
}

std::optional<std::string> Json::string_if(std::string_view key) const {
    const Json *member = find(key);
    if (!member || !member->is(Kind::string)) return std::nullopt;
    return member->text;
}

Json parse_json(std::string_view text) {
    Builder builder;
    const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    if (builder.refusal) throw *builder.refusal;
    if (!parsed) throw Problem::of("bad-request", "the body is not valid JSON");
    return std::move(builder.root);
}

Json parse_json_object(std::string_view text) {
    auto json = parse_json(text);
    if (!json.is(Json::Kind::object))
        throw Problem::of("bad-request", "the body must be a JSON object");
    return json;
}

std::string to_text(const Json &json) {
    JsonWriter out;
    write(out, json);
    return out.take();
}

}  // namespace gateway
