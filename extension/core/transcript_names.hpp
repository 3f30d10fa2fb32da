// Who speaks: from a name as written to a role. The names of the owner and of
// the construct are given; a name that is neither is unknown, and stays so.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace vvault {

class Speakers {
public:
    // A full name, a first name, an e-mail address or a folder such as
    // ada_example_1762969514958.
    void add_owner(std::string_view name);

    // A callsign, a title or a former name.
    void add_construct(std::string_view name);

    // A heading that may be the construct's name; the owner's names come first.
    void add_heading(std::string_view name);

    // user, assistant or system; nothing for a name that is not known.
    std::optional<std::string_view> role_of(std::string_view speaker) const;

private:
    std::set<std::string, std::less<>> owners_;
    std::set<std::string, std::less<>> owner_first_names_;
    std::set<std::string, std::less<>> constructs_;
    std::set<std::string, std::less<>> headings_;
};

// "User", "Assistant" and the like: a role, not a name.
bool is_role_word(std::string_view speaker);

// One to three capitalised words, and not one of the words with which notes and
// lists begin.
bool looks_like_name(std::string_view speaker);

}  // namespace vvault
