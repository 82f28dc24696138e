// SPDX-License-Identifier: Apache-2.0
#include "core/image/docker_config.hpp"

#include "core/base/base64.hpp"
#include "core/base/json.hpp"
#include "core/image/credential_helper.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <system_error>

namespace rt {
namespace {

constexpr std::size_t kFileLimit = 1U << 20U;

// Docker's own registry goes by another name there.
std::string server_of(const std::string& host) {
    return host == "docker.io" ? "https://index.docker.io/v1/" : host;
}

// "https://index.docker.io/v1/" stands for "index.docker.io".
std::string_view host_of_key(std::string_view key) {
    if (const auto scheme = key.find("://"); scheme != std::string::npos) key.remove_prefix(scheme + 3);
    return key.substr(0, key.find('/'));
}

Result<Json> read(const Path& file) {
    auto text = read_file(file, kFileLimit);
    if (!text && text.error().code == Code::not_found) return Json::object();
    if (!text) return std::unexpected(std::move(text).error());
    if (text->find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
    RT_TRY_ASSIGN(Json config, parse_json(*text, cat("'", file.native(), "'")));
    if (!config.is_object()) return fail(Code::corrupt, "'", file.native(), "': not a JSON object");
    return config;
}

// As docker writes it; a link to it stays one.
Result<void> write(const Path& file, const Json& config) {
    std::error_code problem;
    const Path real = std::filesystem::canonical(file, problem);
    const Path target = problem ? file : real;
    RT_TRY(make_directories(target.parent_path()));
    return replace_file(target, config.dump(1, '\t', false, Json::error_handler_t::replace));
}

// The helper for a host; "": the file itself.
std::string helper_for(const Json& config, const std::string& host) {
    const std::string server = server_of(host);
    if (const auto helpers = config.find("credHelpers"); helpers != config.end() && helpers->is_object())
        for (const auto& [key, value] : helpers->items())
            if (value.is_string() && (key == server || host_of_key(key) == host_of_key(server)))
                return value.get<std::string>();
    return string_at(config, "credsStore");
}

RegistryCredentials credentials_of(const Json& value) {
    RegistryCredentials credentials{string_at(value, "username"), string_at(value, "password"),
                                    string_at(value, "identitytoken"), string_at(value, "registrytoken")};
    const std::string pair = from_base64(string_at(value, "auth")).value_or("");
    if (const auto colon = pair.find(':'); colon != std::string::npos) {
        credentials.user = pair.substr(0, colon);
        credentials.password = pair.substr(colon + 1);
    }
    return credentials;
}

// The entry of a host; null where there is none.
Json* entry_of(Json& config, const std::string& host) {
    const auto auths = config.find("auths");
    if (auths == config.end() || !auths->is_object()) return nullptr;
    const std::string server = server_of(host);
    if (const auto exact = auths->find(server); exact != auths->end()) return &*exact;
    for (auto entry = auths->begin(); entry != auths->end(); ++entry)
        if (host_of_key(entry.key()) == host_of_key(server)) return &*entry;
    return nullptr;
}

bool erase_entries(Json& config, const std::string& host) {
    const auto auths = config.find("auths");
    if (auths == config.end() || !auths->is_object()) return false;
    const std::string server = server_of(host);
    bool erased = false;
    for (auto entry = auths->begin(); entry != auths->end();) {
        const bool same = host_of_key(entry.key()) == host_of_key(server);
        erased = erased || same;
        entry = same ? auths->erase(entry) : std::next(entry);
    }
    return erased;
}

} // namespace

Result<DockerConfig> DockerConfig::open() {
    const char* const directory = std::getenv("DOCKER_CONFIG");
    if (directory != nullptr && *directory != '\0') return DockerConfig(Path(directory) / "config.json");
    const char* const home = std::getenv("HOME");
    if (home != nullptr && *home != '\0') return DockerConfig(Path(home) / ".docker" / "config.json");
    return fail(Code::failed_precondition, "there is no place for credentials: set HOME or DOCKER_CONFIG");
}

Result<RegistryCredentials> DockerConfig::find(const std::string& host) const {
    RT_TRY_ASSIGN(Json config, read(file_));
    if (const std::string helper = helper_for(config, host); !helper.empty()) {
        RT_TRY_ASSIGN(const CredentialHelper program, CredentialHelper::open(helper));
        RT_TRY_ASSIGN(RegistryCredentials credentials, program.get(server_of(host)));
        if (!credentials.empty()) return credentials;
    }
    const Json* const entry = entry_of(config, host);
    return entry != nullptr && entry->is_object() ? credentials_of(*entry) : RegistryCredentials{};
}

Result<std::string> DockerConfig::store(const std::string& host,
                                        const RegistryCredentials& credentials) const {
    RT_TRY_ASSIGN(Json config, read(file_));
    Json entry = Json::object();
    const std::string helper = helper_for(config, host);
    if (!helper.empty()) {
        RT_TRY_ASSIGN(const CredentialHelper program, CredentialHelper::open(helper));
        RT_TRY(program.store(server_of(host), credentials));
    } else if (!credentials.identity_token.empty()) {
        entry = {{"auth", base64(cat(credentials.user, ":"))}, {"identitytoken", credentials.identity_token}};
    } else {
        entry = {{"auth", base64(cat(credentials.user, ":", credentials.password))}};
    }
    erase_entries(config, host);
    if (!config.contains("auths") || !config["auths"].is_object()) config["auths"] = Json::object();
    config["auths"][server_of(host)] = std::move(entry);
    RT_TRY(write(file_, config));
    return helper;
}

Result<bool> DockerConfig::erase(const std::string& host) const {
    RT_TRY_ASSIGN(Json config, read(file_));
    bool erased = false;
    if (const std::string helper = helper_for(config, host); !helper.empty()) {
        RT_TRY_ASSIGN(const CredentialHelper program, CredentialHelper::open(helper));
        RT_TRY_ASSIGN(const RegistryCredentials there, program.get(server_of(host)));
        erased = !there.empty();
        if (erased) RT_TRY(program.erase(server_of(host)));
    }
    if (!erase_entries(config, host)) return erased;
    RT_TRY(write(file_, config));
    return true;
}

Result<RegistryCredentials> find_docker_credentials(const std::string& host) {
    const auto config = DockerConfig::open();
    if (!config) return RegistryCredentials{};
    return config->find(host);
}

} // namespace rt
