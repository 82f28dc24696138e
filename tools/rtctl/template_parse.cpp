// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/template.hpp"
#include "tools/rtctl/template_ast.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace rt::cli {
namespace template_ast {
namespace {

using Kind = Token::Kind;

constexpr int kDeepest = 64; // what a recursive reader may be asked for

template <class... Parts>
std::unexpected<Error> unexpected_at(std::size_t at, const Parts&... parts) {
    return fail(Code::invalid_argument, "at column ", at, ": ", parts...);
}

// One {{...}}: its tokens from left to right.
class ActionReader {
public:
    ActionReader(std::vector<Token> tokens, std::vector<std::string>& known)
        : tokens_(std::move(tokens)), known_(known) {}

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
    }
    bool take_word(std::string_view word) {
        if (peek().kind != Kind::word || peek().text != word) return false;
        ++next_;
        return true;
    }
    Result<void> end() {
        if (peek().kind == Kind::end) return {};
        return unexpected_at(peek().at, "unexpected ", name_of(peek()));
    }

    // most: how many variables may be declared: two in a range.
    Result<Pipeline> pipeline(std::size_t most) {
        Pipeline pipeline;
        pipeline.at = peek().at;
        bind(pipeline, most);
        if (pipeline.binds == Pipeline::Binds::assigns)
            for (const std::string& name : pipeline.variables)
                if (!is_known(name)) return unexpected_at(pipeline.at, "undefined variable '", name, "'");
        for (;;) {
            RT_TRY_ASSIGN(auto command, this->command());
            if (!pipeline.commands.empty() && command.front().kind != Operand::Kind::function)
                return unexpected_at(command.front().at, "only a function can stand behind '|'");
            pipeline.commands.push_back(std::move(command));
            if (peek().kind != Kind::pipe) break;
            ++next_;
        }
        if (pipeline.binds == Pipeline::Binds::declares)
            known_.insert(known_.end(), pipeline.variables.begin(), pipeline.variables.end());
        return pipeline;
    }

private:
    static std::string name_of(const Token& token) {
        if (token.kind == Kind::end) return "end of the action";
        if (token.kind == Kind::literal)
            return cat("'", token.literal.dump(-1, ' ', false, Json::error_handler_t::replace), "'");
        return cat("'", token.kind == Kind::field ? "." : "", token.text, "'");
    }
    [[nodiscard]] bool is_known(const std::string& name) const {
        return name == "$" || std::ranges::find(known_, name) != known_.end();
    }

    void bind(Pipeline& pipeline, std::size_t most) {
        std::size_t count = 0;
        if (peek().kind != Kind::variable) return;
        if (most == 2 && peek(1).kind == Kind::comma && peek(2).kind == Kind::variable) count = 2;
        const Token& sign = peek(count == 2 ? 3 : 1);
        if (sign.kind != Kind::declare && sign.kind != Kind::assign) return;
        pipeline.binds = sign.kind == Kind::declare ? Pipeline::Binds::declares : Pipeline::Binds::assigns;
        pipeline.variables.push_back(peek().text);
        if (count == 2) pipeline.variables.push_back(peek(2).text);
        next_ += count == 2 ? 4 : 2;
    }

    Result<std::vector<Operand>> command() {
        std::vector<Operand> words;
        while (peek().kind != Kind::end && peek().kind != Kind::pipe && peek().kind != Kind::close) {
            RT_TRY_ASSIGN(Operand word, operand());
            words.push_back(std::move(word));
        }
        if (words.empty()) return unexpected_at(peek().at, "a value is missing before ", name_of(peek()));
        const Operand& first = words.front();
        const bool callable = first.kind == Operand::Kind::function || !first.fields.empty();
        if (words.size() > 1 && !callable)
            return unexpected_at(first.at, "not a function, yet it is given arguments");
        return words;
    }

    Result<Operand> operand() {
        const Token token = peek();
        Operand operand;
        operand.at = token.at;
        ++next_;
        if (token.kind == Kind::field) {
            operand.fields.push_back(token.text);
        } else if (token.kind == Kind::literal) {
            operand.kind = Operand::Kind::literal;
            operand.literal = token.literal;
        } else if (token.kind == Kind::variable) {
            operand.kind = Operand::Kind::variable;
            operand.name = token.text;
            if (!is_known(token.text))
                return unexpected_at(token.at, "undefined variable '", token.text, "'");
        } else if (token.kind == Kind::word) {
            RT_TRY(word(operand, token));
        } else if (token.kind == Kind::open) {
            RT_TRY(group(operand));
        } else if (token.kind != Kind::dot) {
            return unexpected_at(token.at, "unexpected ", name_of(token));
        }
        for (; peek().kind == Kind::field && !peek().after_space; ++next_)
            operand.fields.push_back(peek().text);
        return operand;
    }

    static Result<void> word(Operand& operand, const Token& token) {
        if (token.text == "true" || token.text == "false" || token.text == "nil") {
            operand.kind = Operand::Kind::literal;
            if (token.text != "nil") operand.literal = token.text == "true";
            return {};
        }
        operand.kind = Operand::Kind::function;
        operand.name = token.text;
        if (!is_function(token.text))
            return unexpected_at(token.at, "function \"", token.text, "\" not defined");
        return {};
    }

    Result<void> group(Operand& operand) {
        if (++depth_ > kDeepest) return unexpected_at(operand.at, "nested too deep");
        operand.kind = Operand::Kind::group;
        RT_TRY_ASSIGN(Pipeline inner, pipeline(0));
        operand.group.push_back(std::move(inner));
        if (peek().kind != Kind::close) return unexpected_at(operand.at, "'(' is not closed");
        ++next_;
        --depth_;
        return {};
    }

    std::vector<Token> tokens_;
    std::vector<std::string>& known_;
    std::size_t next_ = 0;
    int depth_ = 0;
};

// The whole text: what is between the actions, and how they nest.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Block> all() {
        RT_TRY_ASSIGN(Block block, this->block());
        if (stopper_) return unexpected_at(stopper_at_, "unexpected {{", *stopper_, "}}");
        return block;
    }

private:
    // Up to {{end}} or {{else}}, which is then in stopper_, or to the end of the text.
    Result<Block> block() {
        if (++depth_ > kDeepest) return unexpected_at(next_ + 1, "nested too deep");
        Block block;
        const std::size_t outside = known_.size();
        stopper_.reset();
        while (!stopper_ && next_ < text_.size()) {
            const std::size_t begin = text_.find("{{", next_);
            std::string literal(text_.substr(next_, begin - next_));
            if (trims_next_) literal.erase(0, literal.find_first_not_of(" \t\r\n"));
            trims_next_ = false;
            if (begin == std::string_view::npos) {
                next_ = text_.size();
            } else if (begin + 3 < text_.size() && text_[begin + 2] == '-' &&
                       std::isspace(static_cast<unsigned char>(text_[begin + 3])) != 0) {
                literal.erase(literal.find_last_not_of(" \t\r\n") + 1);
            }
            if (!literal.empty()) block.nodes.push_back({Node::Kind::text, literal, {}, {}, {}});
            if (begin != std::string_view::npos) RT_TRY(action(block, begin));
        }
        known_.resize(outside); // a variable ends with the block that declared it
        --depth_;
        return block;
    }

    // What is between {{ and }}, without the trimming marks; next_ is behind it.
    Result<std::string_view> inside(std::size_t begin, std::size_t& at) {
        char quote = 0;
        std::size_t end = begin + 2;
        for (;; ++end) {
            if (end + 1 >= text_.size())
                return unexpected_at(begin + 1,
                                     quote != 0 ? "unterminated quoted string" : "unclosed action");
            const char c = text_[end];
            if (quote != 0) {
                if (c == '\\' && quote != '`')
                    ++end;
                else if (c == quote)
                    quote = 0;
            } else if (c == '"' || c == '`' || c == '\'') {
                quote = c;
            } else if (c == '/' && text_[end + 1] == '*') {
                end = std::min(text_.find("*/", end), text_.size());
            } else if (c == '}' && text_[end + 1] == '}') {
                break;
            }
        }
        next_ = end + 2;
        at = begin + 3;
        std::string_view text = text_.substr(begin + 2, end - begin - 2);
        if (text.size() > 1 && text[0] == '-' && std::isspace(static_cast<unsigned char>(text[1])) != 0) {
            text.remove_prefix(1);
            ++at;
        }
        if (text.size() > 1 && text.back() == '-' &&
            std::isspace(static_cast<unsigned char>(text[text.size() - 2])) != 0) {
            text.remove_suffix(1);
            trims_next_ = true;
        }
        return text;
    }

    Result<void> action(Block& block, std::size_t begin) {
        std::size_t at = 0;
        RT_TRY_ASSIGN(const std::string_view text, inside(begin, at));
        const std::size_t word = std::min(text.find_first_not_of(" \t\r\n"), text.size());
        if (text.substr(word).starts_with("/*")) return {};
        RT_TRY_ASSIGN(auto tokens, read_tokens(text, at));
        ActionReader reader(std::move(tokens), known_);
        if (reader.peek().kind == Kind::word) {
            const std::string name = reader.peek().text;
            stopper_at_ = begin + 1;
            if (name == "end") return stop(reader, name);
            if (name == "else") {
                pending_else_.emplace(std::move(reader));
                stopper_ = name;
                return {};
            }
            if (name == "if" || name == "range" || name == "with") {
                RT_TRY_ASSIGN(Node node, control(reader, begin));
                block.nodes.push_back(std::move(node));
                return {};
            }
            if (name == "define" || name == "template" || name == "block" || name == "break" ||
                name == "continue")
                return unexpected_at(begin + 1, "{{", name, "}} is not supported");
        }
        Node node;
        node.kind = Node::Kind::action;
        RT_TRY_ASSIGN(node.pipeline, reader.pipeline(1));
        RT_TRY(reader.end());
        block.nodes.push_back(std::move(node));
        return {};
    }

    Result<void> stop(ActionReader& reader, const std::string& name) {
        (void)reader.take_word(name); // it is that word
        RT_TRY(reader.end());
        stopper_ = name;
        return {};
    }

    // if, range, with, up to its {{end}}.
    Result<Node> control(ActionReader& reader, std::size_t begin) {
        Node node;
        const std::string name = reader.peek().text;
        node.kind = name == "if"      ? Node::Kind::condition
                    : name == "range" ? Node::Kind::range
                                      : Node::Kind::with;
        (void)reader.take_word(name); // it is that word
        const std::size_t outside = known_.size();
        RT_TRY_ASSIGN(node.pipeline, reader.pipeline(name == "range" ? 2 : 1));
        RT_TRY(reader.end());
        RT_TRY_ASSIGN(node.body, block());
        if (stopper_ == "else") {
            ActionReader rest = std::move(*pending_else_);
            pending_else_.reset();
            (void)rest.take_word("else"); // it is that word
            RT_TRY(otherwise(node, rest, begin));
        }
        if (stopper_ != "end") return unexpected_at(begin + 1, "{{", name, "}} has no {{end}}");
        stopper_.reset();
        known_.resize(outside);
        return node;
    }

    Result<void> otherwise(Node& node, ActionReader& rest, std::size_t begin) {
        const Token& next = rest.peek();
        if (next.kind == Kind::word && (next.text == "if" || next.text == "with") &&
            node.kind != Node::Kind::range) {
            if (++depth_ > kDeepest) return unexpected_at(begin + 1, "nested too deep");
            RT_TRY_ASSIGN(Node nested, control(rest, begin));
            --depth_;
            node.otherwise.nodes.push_back(std::move(nested));
            stopper_ = "end"; // one {{end}} closes both
            return {};
        }
        RT_TRY(rest.end());
        RT_TRY_ASSIGN(node.otherwise, block());
        return {};
    }

    std::string_view text_;
    std::size_t next_ = 0;
    bool trims_next_ = false;
    int depth_ = 0;
    std::vector<std::string> known_; // variables
    std::optional<std::string> stopper_;
    std::size_t stopper_at_ = 0;
    std::optional<ActionReader> pending_else_;
};

} // namespace
} // namespace template_ast

Result<Template> Template::parse(std::string_view text) {
    auto block = template_ast::Parser(text).all();
    if (!block) return fail(block.error().code, "template '", text, "': ", block.error().message);
    return Template(std::make_shared<const template_ast::Block>(std::move(*block)));
}

} // namespace rt::cli
