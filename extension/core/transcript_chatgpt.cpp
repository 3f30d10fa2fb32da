#include "transcript_chatgpt.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "digest.hpp"
#include "timestamp.hpp"
#include "transcript_json.hpp"
#include "transcript_json_text.hpp"

namespace vvault {

namespace {

using nlohmann::json;

constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

const json &member(const json &object, std::string_view key) {
    static const json absent;
    if (!object.is_object()) return absent;
    const auto found = object.find(key);
    return found == object.end() ? absent : *found;
}

struct Node {
    std::string_view id;
    const json *message = nullptr;
    std::size_t parent = nobody;
    std::vector<std::size_t> children;
    std::optional<std::int64_t> at_us;
    std::int64_t said_at = 0;    // never before its parent
    std::size_t place = nobody;  // in a walk of the tree
    bool current = false;
};

// The text of a message's parts, and what of it is no text.
struct Parts {
    std::string text;
    json attachments = json::array();

    void add(const std::string &part) {
        if (part.empty()) return;
        if (!text.empty()) text += '\n';
        text += part;
    }
};

Parts read_parts(const json &content) {
    Parts parts;
    const auto &list = member(content, "parts");
    if (list.is_array()) {
        for (const auto &part : list) {
            if (part.is_string())
                parts.add(part.get_ref<const std::string &>());
            else if (auto text = text_member(part, "text"); !text.empty())
                parts.add(text);
            else if (part.is_object())
                parts.attachments.push_back(part);
        }
    }
    for (const auto key : {"text", "result", "content"}) parts.add(text_member(content, key));
    return parts;
}

class Tree {
public:
    explicit Tree(const json &conversation) : conversation_(conversation) {
        read_nodes();
        link();
        place_in_tree();
        mark_current();
    }

    std::vector<const Node *> in_order() const {
        std::vector<const Node *> order;
        for (const auto &node : nodes_) order.push_back(&node);
        std::sort(order.begin(), order.end(), [](const Node *left, const Node *right) {
            return std::pair(left->said_at, left->place) < std::pair(right->said_at, right->place);
        });
        return order;
    }

    // Nearest node above that has a message with text.
    const Node *answered(const Node &node) const {
        std::size_t steps = 0;
        for (auto at = node.parent; at != nobody && steps < nodes_.size(); ++steps) {
            if (has_text(nodes_[at])) return &nodes_[at];
            at = nodes_[at].parent;
        }
        return nullptr;
    }

    static bool has_text(const Node &node) {
        if (node.message == nullptr) return false;
        const auto parts = read_parts(member(*node.message, "content"));
        return !parts.text.empty() || !parts.attachments.empty();
    }

    bool says_current() const { return says_current_; }

private:
    void read_nodes() {
        for (const auto &[id, value] : member(conversation_, "mapping").items()) {
            Node node;
            node.id = id;
            if (const auto &message = member(value, "message"); message.is_object()) {
                node.message = &message;
                node.at_us = read_json_time(member(message, "create_time")).at_us;
            }
            index_.emplace(id, nodes_.size());
            nodes_.push_back(std::move(node));
        }
    }

    std::size_t find(const json &id) const {
        if (!id.is_string()) return nobody;
        const auto found = index_.find(id.get_ref<const std::string &>());
        return found == index_.end() ? nobody : found->second;
    }

    // "children" gives the order; "parent" is believed where both are there.
    void link() {
        std::size_t index = 0;
        for (const auto &value : member(conversation_, "mapping")) {
            if (const auto parent = find(member(value, "parent")); parent != nobody)
                nodes_[index].parent = parent;
            ++index;
        }
        index = 0;
        for (const auto &value : member(conversation_, "mapping")) {
            const auto &children = member(value, "children");
            for (const auto &id : children.is_array() ? children : json::array()) {
                const auto child = find(id);
                if (child == nobody) continue;
                if (nodes_[child].parent == nobody) nodes_[child].parent = index;
                if (nodes_[child].parent == index) nodes_[index].children.push_back(child);
            }
            ++index;
        }
        // Those that no list of children names, behind those that one does.
        std::vector<bool> listed(nodes_.size());
        for (const auto &node : nodes_)
            for (const auto child : node.children) listed[child] = true;
        for (std::size_t child = 0; child < nodes_.size(); ++child)
            if (nodes_[child].parent != nobody && !listed[child])
                nodes_[nodes_[child].parent].children.push_back(child);
    }

    // Without recursion: a conversation is as deep as it is long.
    void place_in_tree() {
        std::vector<std::size_t> waiting;
        for (std::size_t index = 0; index < nodes_.size(); ++index)
            if (nodes_[index].parent == nobody) visit_from(index, waiting);
        for (std::size_t index = 0; index < nodes_.size(); ++index)
            if (nodes_[index].place == nobody) visit_from(index, waiting);  // a circle
    }

    void visit_from(std::size_t root, std::vector<std::size_t> &waiting) {
        waiting.push_back(root);
        while (!waiting.empty()) {
            auto &node = nodes_[waiting.back()];
            waiting.pop_back();
            if (node.place != nobody) continue;
            node.place = placed_++;
            const auto *parent = node.parent == nobody ? nullptr : &nodes_[node.parent];
            const auto earliest =
                parent != nullptr && parent->place != nobody ? parent->said_at : 0;
            node.said_at = std::max(earliest, node.at_us.value_or(0));
            for (auto child = node.children.rbegin(); child != node.children.rend(); ++child)
                waiting.push_back(*child);
        }
    }

    void mark_current() {
        auto at = find(member(conversation_, "current_node"));
        const bool branches = std::any_of(nodes_.begin(), nodes_.end(), [](const Node &node) {
            return node.children.size() > 1;
        });
        says_current_ = at != nobody || branches;
        if (at == nobody && branches) at = index_of_last();
        while (at != nobody && !nodes_[at].current) {
            nodes_[at].current = true;
            at = nodes_[at].parent;
        }
    }

    std::size_t index_of_last() const {
        const auto *last = in_order().back();
        return static_cast<std::size_t>(last - nodes_.data());
    }

    const json &conversation_;
    std::vector<Node> nodes_;
    std::unordered_map<std::string, std::size_t> index_;
    std::size_t placed_ = 0;
    bool says_current_ = false;
};

// What people said to one another is theirs; what was said to a tool, by one, or
// behind the scenes is kept as system.
std::string role_of(const json &message) {
    auto author = text_member(member(message, "author"), "role");
    const auto recipient = text_member(message, "recipient");
    const auto type = text_member(member(message, "content"), "content_type");
    const bool spoken = type.empty() || type == "text" || type == "multimodal_text";
    const bool to_all = recipient.empty() || recipient == "all";
    if (spoken && to_all && (author == "user" || author == "assistant")) return author;
    return "system";
}

Turn read_turn(const Tree &tree, const Node &node) {
    const auto &message = *node.message;
    const auto &content = member(message, "content");
    auto parts = read_parts(content);
    Turn turn;
    turn.role = role_of(message);
    turn.content = std::move(parts.text);
    turn.id = text_member(message, "id");
    if (turn.id.empty()) turn.id = node.id;
    turn.timestamp = read_json_time(member(message, "create_time")).text;
    turn.at_us = node.at_us;
    turn.timestamp_source = node.at_us ? "exact" : "unknown";

    json origin = {{"node", node.id}};
    if (const auto *parent = tree.answered(node)) origin["parent"] = parent->id;
    if (tree.says_current()) origin["current"] = node.current;
    if (turn.role == "system") {
        origin["author"] = member(message, "author");
        origin["content_type"] = member(content, "content_type");
    }
    turn.metadata["id"] = turn.id;
    turn.metadata["chatgpt"] = std::move(origin);
    if (!parts.attachments.empty()) turn.metadata["attachments"] = std::move(parts.attachments);
    const auto model = text_member(member(message, "metadata"), "model_slug");
    if (!model.empty()) turn.metadata["model"] = model;
    return turn;
}

std::string session_id(const json &conversation) {
    for (const auto key : {"conversation_id", "id"})
        if (const auto id = text_member(conversation, key); !id.empty()) return "chatgpt:" + id;
    const auto title = text_member(conversation, "title");
    const auto time =
        member(conversation, "create_time").dump(-1, ' ', false, json::error_handler_t::replace);
    const auto digest = sha256({as_bytes(title), as_bytes("\n"), as_bytes(time)});
    return "chatgpt:" + hex(ByteView(digest).first(8));
}

}  // namespace

ParsedSession read_chatgpt(const PathFacts &facts, const json &conversation) {
    ParsedSession session;
    session.external_id = session_id(conversation);
    session.construct = facts.construct;
    session.title = text_member(conversation, "title");
    session.metadata["sourcePath"] = facts.path;
    session.metadata["provider"] = "chatgpt";
    if (const auto at = read_json_time(member(conversation, "create_time")).at_us)
        session.metadata["startedAt"] = format_timestamp_ms(*at);

    const Tree tree(conversation);
    for (const auto *node : tree.in_order())
        if (Tree::has_text(*node)) session.turns.push_back(read_turn(tree, *node));
    // One that has no time was said when its place in the tree says.
    std::optional<std::int64_t> last;
    for (auto &turn : session.turns) {
        if (!turn.at_us && last) {
            turn.at_us = *last;
            turn.timestamp_source = "derived";
        }
        last = turn.at_us;
    }
    return session;
}

}  // namespace vvault
