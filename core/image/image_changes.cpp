// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_changes.hpp"

#include "core/base/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <vector>

namespace rt {
namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Words separated by blanks; quotes hold blanks together, a backslash takes the next character as it is.
Result<std::vector<std::string>> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool inside = false;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
            word += text[++i];
            inside = true;
        } else if (quote != '\0' ? c == quote : (c == '"' || c == '\'')) {
            quote = quote == '\0' ? c : '\0';
            inside = true;
        } else if (quote == '\0' && (c == ' ' || c == '\t')) {
            if (inside) words.push_back(std::move(word));
            word.clear();
            inside = false;
        } else {
            word += c;
            inside = true;
        }
    }
    if (quote != '\0') return fail(Code::invalid_argument, "a quote is not closed");
    if (inside) words.push_back(std::move(word));
    return words;
}

// The JSON form of a command or list: ["a", "b"]; null when it is not written like that.
Json exec_form(std::string_view text) {
    if (!text.starts_with('[')) return nullptr;
    Json list = Json::parse(text, nullptr, false);
    const bool good =
        list.is_array() && std::ranges::all_of(list, [](const Json& item) { return item.is_string(); });
    return good ? list : Json(nullptr);
}

Json command(std::string_view text) {
    Json list = exec_form(text);
    return list.is_null() ? Json{"/bin/sh", "-c", std::string(text)} : list;
}

Result<void> set_environment(Json& config, std::string_view text) {
    RT_TRY_ASSIGN(auto words, words_of(text));
    // "ENV name some value" is the old form.
    if (!words.empty() && words[0].find('=') == std::string::npos) {
        if (words.size() < 2) return fail(Code::invalid_argument, "ENV wants NAME=VALUE");
        words = {cat(words[0], "=", trim(trim(text).substr(words[0].size())))};
    }
    Json& environment = config["Env"];
    if (!environment.is_array()) environment = Json::array();
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(Code::invalid_argument, "ENV wants NAME=VALUE, not '", word, "'");
        const std::string name = word.substr(0, equals + 1);
        const auto same = std::ranges::find_if(environment, [&](const Json& item) {
            return item.get_ref<const std::string&>().starts_with(name);
        });
        if (same != environment.end())
            *same = word;
        else
            environment.push_back(word);
    }
    return {};
}

Result<void> set_labels(Json& config, std::string_view text) {
    RT_TRY_ASSIGN(const auto words, words_of(text));
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail(Code::invalid_argument, "LABEL wants NAME=VALUE, not '", word, "'");
        config["Labels"][word.substr(0, equals)] = word.substr(equals + 1);
    }
    return {};
}

Result<void> expose(Json& config, std::string_view text) {
    RT_TRY_ASSIGN(const auto words, words_of(text));
    for (const std::string& word : words) {
        const auto slash = word.find('/');
        const std::string port = word.substr(0, slash);
        const std::string protocol = slash == std::string::npos ? "tcp" : word.substr(slash + 1);
        const bool number = !port.empty() && port.size() <= 5 &&
                            std::ranges::all_of(port, [](unsigned char c) { return std::isdigit(c) != 0; }) &&
                            std::stoi(port) >= 1 && std::stoi(port) <= 65535;
        if (!number || (protocol != "tcp" && protocol != "udp" && protocol != "sctp"))
            return fail(Code::invalid_argument, "EXPOSE wants PORT[/tcp|/udp|/sctp], not '", word, "'");
        config["ExposedPorts"][cat(port, "/", protocol)] = Json::object();
    }
    return {};
}

Result<void> add_volumes(Json& config, std::string_view text) {
    std::vector<std::string> paths;
    if (const Json list = exec_form(text); !list.is_null()) {
        paths = list.get<std::vector<std::string>>();
    } else {
        RT_TRY_ASSIGN(paths, words_of(text));
    }
    for (const std::string& path : paths) config["Volumes"][path] = Json::object();
    return {};
}

// HEALTHCHECK NONE, or options and then CMD.
Result<void> set_health_check(Json& config, std::string_view text) {
    Json check = Json::object();
    for (;;) {
        const auto blank = std::min(text.find_first_of(" \t"), text.size());
        const std::string word(text.substr(0, blank));
        const std::string_view rest = trim(text.substr(blank));
        if (word == "NONE" && rest.empty() && check.empty()) {
            config["Healthcheck"] = {{"Test", {"NONE"}}};
            return {};
        }
        if (word == "CMD" && !rest.empty()) {
            Json test = exec_form(rest);
            if (test.is_null())
                test = {"CMD-SHELL", std::string(rest)};
            else
                test.insert(test.begin(), "CMD");
            check["Test"] = std::move(test);
            config["Healthcheck"] = std::move(check);
            return {};
        }
        static const std::map<std::string, const char*> kTimes = {{"--interval", "Interval"},
                                                                  {"--timeout", "Timeout"},
                                                                  {"--start-period", "StartPeriod"},
                                                                  {"--start-interval", "StartInterval"}};
        const auto equals = std::min(word.find('='), word.size());
        const std::string name = word.substr(0, equals);
        const std::string value = equals < word.size() ? word.substr(equals + 1) : std::string();
        if (const auto time = kTimes.find(name); time != kTimes.end()) {
            RT_TRY_ASSIGN(check[time->second], parse_duration(value));
        } else if (name == "--retries" && !value.empty() && value.size() <= 6 &&
                   value.find_first_not_of("0123456789") == std::string::npos) {
            check["Retries"] = std::stoi(value);
        } else {
            return fail(Code::invalid_argument,
                        "HEALTHCHECK wants NONE or [--interval=5s ...] CMD COMMAND, not '", word, "'");
        }
        text = rest;
    }
}

Result<void> set_directory(Json& config, std::string_view text) {
    const auto found = config.find("WorkingDir");
    const std::string before = found != config.end() && found->is_string() ? found->get<std::string>() : "/";
    config["WorkingDir"] =
        text.starts_with('/') ? std::string(text) : cat(before, before.ends_with('/') ? "" : "/", text);
    return {};
}

Result<void> apply(Json& config, const std::string& keyword, std::string_view text) {
    if (text.empty()) return fail(Code::invalid_argument, keyword, " wants a value");
    if (keyword == "CMD")
        config["Cmd"] = command(text);
    else if (keyword == "ENTRYPOINT")
        config["Entrypoint"] = command(text);
    else if (keyword == "ENV")
        return set_environment(config, text);
    else if (keyword == "EXPOSE")
        return expose(config, text);
    else if (keyword == "HEALTHCHECK")
        return set_health_check(config, text);
    else if (keyword == "LABEL")
        return set_labels(config, text);
    else if (keyword == "ONBUILD")
        config["OnBuild"].push_back(std::string(text));
    else if (keyword == "STOPSIGNAL")
        config["StopSignal"] = std::string(text);
    else if (keyword == "USER")
        config["User"] = std::string(text);
    else if (keyword == "VOLUME")
        return add_volumes(config, text);
    else if (keyword == "WORKDIR")
        return set_directory(config, text);
    else
        return fail(
            Code::invalid_argument, "'", keyword,
            "' is not one of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, "
            "VOLUME, WORKDIR");
    return {};
}

} // namespace

Result<void> apply_change(Json& config, std::string_view instruction) {
    const auto text = trim(instruction);
    const auto blank = std::min(text.find_first_of(" \t"), text.size());
    std::string keyword(text.substr(0, blank));
    std::ranges::transform(keyword, keyword.begin(), [](unsigned char c) { return std::toupper(c); });
    if (auto applied = apply(config, keyword, trim(text.substr(blank))); !applied)
        return in_context(std::move(applied).error(), "change '", instruction, "'");
    return {};
}

} // namespace rt
