#include "access/auth/access_tree.h"

#include <fmt/format.h>

#include <optional>

#include "access/auth/last_admin.h"

namespace arc::auth {
namespace {

using sqlite::SqliteStatement;

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kDescriptionBytesMax = 1024;
const std::string& Columns() {
  static const std::string columns =
      "id, ifnull(parent_id, 0), name, description, permissions, is_enabled, created_at, "
      "updated_at, " +
      IsSound("access_nodes");
  return columns;
}

AccessNode NodeIn(const SqliteStatement& row) {
  AccessNode node;
  node.id = row.Number(0);
  node.parent_id = row.Number(1);
  node.settings.name = row.Text(2);
  node.settings.description = row.Text(3);
  node.settings.permissions = PermissionsIn(row.Text(4));
  node.settings.is_enabled = row.Number(5) != 0;
  node.created_at = row.Number(6);
  node.updated_at = row.Number(7);
  if (row.Number(8) != 0) return node;
  // Damaged: it gives nothing.
  node.settings.permissions = {};
  node.settings.is_enabled = false;
  return node;
}

std::int64_t NumberOf(AccessLevel level) { return static_cast<std::int64_t>(level); }

Error NoSuch(AccessLevel level, std::int64_t id) {
  return {ErrorCode::kNotFound, fmt::format("no {} has the id {}", NameOf(level), id)};
}

Result<void> CheckSettings(AccessLevel level, const AccessSettings& settings) {
  if (HasPattern(level)) {
    if (!IsPattern(settings.name)) {
      return Error{ErrorCode::kInvalidInput,
                   fmt::format("the pattern '{}' must be letters, digits, '_', '-' and '*' for any "
                               "characters, 128 at most",
                               settings.name)};
    }
    if (settings.permissions == Permissions{}) {
      return Error{ErrorCode::kInvalidInput,
                   "permissions is missing: some of read, write, delete and admin"};
    }
  } else if (settings.name.empty() || settings.name.size() > kNameBytesMax) {
    return Error{ErrorCode::kInvalidInput, fmt::format("the name of the {} must have 1 to {} bytes",
                                                       NameOf(level), kNameBytesMax)};
  }
  if (settings.description.size() > kDescriptionBytesMax) {
    return Error{ErrorCode::kInvalidInput,
                 fmt::format("a description has {} bytes at most", kDescriptionBytesMax)};
  }
  return {};
}

Error NameTaken(AccessLevel level, const std::string& name) {
  return {ErrorCode::kAlreadyExists, fmt::format("a {} '{}' exists already", NameOf(level), name)};
}

// Tells that something may have changed, however the change ends: what is committed must count even
// where reading it back fails. Declared before the lock, so that it tells after it.
class ChangeTeller {
 public:
  explicit ChangeTeller(const std::function<void()>& on_change) : on_change_(on_change) {}
  ~ChangeTeller() { on_change_(); }

 private:
  const std::function<void()>& on_change_;
};

// One row for each role, and one for each of its measurement permissions instead if it ever had
// some: without the last one it allows nothing.
// What is damaged counts as if it were not there: each row only ever adds to what is allowed.
const std::string& GrantsSql() {
  const auto node = [](std::string_view alias) { return IsSound("access_nodes", alias); };
  static const std::string sql = fmt::format(R"(
SELECT role.name, ifnull(rule.name, ''), ifnull(rule.permissions, role.permissions),
       team.name || '/' || role.id
FROM memberships AS membership
JOIN access_nodes AS team ON team.id = membership.team_id AND team.is_enabled AND {}
JOIN access_nodes AS organization
  ON organization.id = team.parent_id AND organization.is_enabled AND {}
JOIN access_nodes AS role ON role.parent_id = team.id AND {}
LEFT JOIN access_nodes AS rule ON rule.parent_id = role.id AND {}
WHERE membership.token_id = ? AND {} AND (rule.id IS NOT NULL OR NOT role.is_narrowed)
ORDER BY role.id, rule.id)",
                                             node("team"), node("organization"), node("role"),
                                             node("rule"), IsSound("memberships", "membership"));
  return sql;
}

}  // namespace

std::string_view NameOf(AccessLevel level) {
  switch (level) {
    case AccessLevel::kOrganization:
      return "organization";
    case AccessLevel::kTeam:
      return "team";
    case AccessLevel::kRole:
      return "role";
    case AccessLevel::kMeasurement:
      return "measurement permission";
  }
  return "node";
}

bool HasPattern(AccessLevel level) {
  return level == AccessLevel::kRole || level == AccessLevel::kMeasurement;
}

Result<std::int64_t> AccessTree::CountLocked(std::string_view sql, std::int64_t parameter) const {
  auto statement = TRY(file_.connection->Prepare(sql));
  statement.Bind(parameter);
  TRY(statement.Step());
  return statement.Number(0);
}

Result<void> AccessTree::CheckParentLocked(AccessLevel level, std::int64_t parent_id) const {
  if (level == AccessLevel::kOrganization) return {};
  TRY(GetLocked(static_cast<AccessLevel>(NumberOf(level) - 1), parent_id));
  return {};
}

Result<AccessNode> AccessTree::GetLocked(AccessLevel level, std::int64_t id) const {
  auto statement = TRY(file_.connection->Prepare(
      fmt::format("SELECT {} FROM access_nodes WHERE level = ? AND id = ?", Columns())));
  statement.Bind(NumberOf(level)).Bind(id);
  if (!TRY(statement.Step())) return NoSuch(level, id);
  return NodeIn(statement);
}

Result<AccessNode> AccessTree::Add(AccessLevel level, std::int64_t parent_id,
                                   const AccessSettings& settings) {
  TRY(CheckSettings(level, settings));
  const ChangeTeller teller(on_change_);
  MutexLock lock(file_.mutex);
  TRY(CheckParentLocked(level, parent_id));
  if (TRY(CountLocked("SELECT count(*) FROM access_nodes WHERE ?", 1)) >= kNodesMax) {
    return Error{ErrorCode::kAlreadyExists,
                 fmt::format("there are {} organizations, teams, roles and measurement "
                             "permissions already: remove some",
                             kNodesMax)};
  }
  TRY(file_.connection->Execute("BEGIN"));
  return file_.Finish(InsertLocked(level, parent_id, settings));
}

Result<AccessNode> AccessTree::InsertLocked(AccessLevel level, std::int64_t parent_id,
                                            const AccessSettings& settings) {
  if (level == AccessLevel::kMeasurement) {
    auto narrow =
        TRY(file_.connection->Prepare("UPDATE access_nodes SET is_narrowed = 1 WHERE id = ?"));
    narrow.Bind(parent_id);
    TRY(narrow.Run());
  }
  auto statement = TRY(file_.connection->Prepare(
      "INSERT INTO access_nodes (level, parent_id, name, description, permissions, is_enabled, "
      "created_at, updated_at) VALUES (?, nullif(?, 0), ?, ?, ?, ?, ?, ?) RETURNING id"));
  const auto permissions = ToText(settings.permissions);
  const auto now = clock_.NowMicros();
  statement.Bind(NumberOf(level)).Bind(parent_id).Bind(std::string_view(settings.name));
  statement.Bind(settings.description).Bind(permissions).Bind(std::int64_t{settings.is_enabled});
  statement.Bind(now).Bind(now);
  const auto inserted = statement.Step();
  if (!inserted.ok()) {
    const bool is_taken = inserted.error().code == ErrorCode::kAlreadyExists;
    return is_taken ? NameTaken(level, settings.name) : inserted.error();
  }
  const auto id = statement.Number(0);
  TRY(statement.Step());
  return GetLocked(level, id);
}

Result<std::vector<AccessNode>> AccessTree::List(AccessLevel level, std::int64_t parent_id) const {
  MutexLock lock(file_.mutex);
  TRY(CheckParentLocked(level, parent_id));
  auto statement = TRY(file_.connection->Prepare(
      fmt::format("SELECT {} FROM access_nodes WHERE level = ? AND ifnull(parent_id, 0) = ? "
                  "ORDER BY id",
                  Columns())));
  statement.Bind(NumberOf(level)).Bind(parent_id);
  std::vector<AccessNode> nodes;
  while (TRY(statement.Step())) nodes.push_back(NodeIn(statement));
  return nodes;
}

Result<AccessNode> AccessTree::Get(AccessLevel level, std::int64_t id) const {
  MutexLock lock(file_.mutex);
  return GetLocked(level, id);
}

Result<AccessNode> AccessTree::Change(AccessLevel level, std::int64_t id, const Edit& edit) {
  const ChangeTeller teller(on_change_);
  MutexLock lock(file_.mutex);
  TRY(file_.connection->Execute("BEGIN"));
  return file_.Finish(UpdateLocked(level, id, edit));
}

Result<AccessNode> AccessTree::UpdateLocked(AccessLevel level, std::int64_t id, const Edit& edit) {
  auto settings = TRY(GetLocked(level, id)).settings;
  TRY(edit(settings));
  TRY(CheckSettings(level, settings));
  auto statement = TRY(file_.connection->Prepare(
      "UPDATE access_nodes SET name = ?, description = ?, permissions = ?, is_enabled = ?, "
      "updated_at = ? WHERE id = ?"));
  const auto permissions = ToText(settings.permissions);
  statement.Bind(std::string_view(settings.name)).Bind(settings.description).Bind(permissions);
  statement.Bind(std::int64_t{settings.is_enabled}).Bind(clock_.NowMicros()).Bind(id);
  const auto updated = statement.Run();
  if (!updated.ok()) {
    const bool is_taken = updated.error().code == ErrorCode::kAlreadyExists;
    return is_taken ? NameTaken(level, settings.name) : updated.error();
  }
  return GetLocked(level, id);
}

Result<void> AccessTree::Remove(AccessLevel level, std::int64_t id) {
  const ChangeTeller teller(on_change_);
  MutexLock lock(file_.mutex);
  TRY(GetLocked(level, id));
  auto statement = TRY(file_.connection->Prepare("DELETE FROM access_nodes WHERE id = ?"));
  statement.Bind(id);
  return statement.Run();
}

Result<void> AccessTree::JoinLocked(std::int64_t token_id, std::int64_t team_id) {
  auto scope = TRY(file_.connection->Prepare("UPDATE tokens SET is_scoped = 1 WHERE id = ?"));
  scope.Bind(token_id);
  TRY(scope.Run());
  if (scope.changed_row_count() == 0) return Error{ErrorCode::kNotFound, "Token not found"};
  auto join = TRY(file_.connection->Prepare(
      "INSERT INTO memberships (token_id, team_id, created_at) VALUES (?, ?, ?)"));
  join.Bind(token_id).Bind(team_id).Bind(clock_.NowMicros());
  auto joined = join.Run();
  if (!joined.ok() && joined.error().code == ErrorCode::kAlreadyExists) {
    return Error{ErrorCode::kAlreadyExists, "the token is in that team already"};
  }
  return joined;
}

Result<Membership> AccessTree::Join(std::int64_t token_id, std::int64_t team_id) {
  const ChangeTeller teller(on_change_);
  MutexLock lock(file_.mutex);
  TRY(GetLocked(AccessLevel::kTeam, team_id));
  TRY(ChangeKeepingAdmin(file_, clock_.NowMicros(),
                         [&]() REQUIRES(file_.mutex) { return JoinLocked(token_id, team_id); }));
  auto statement = TRY(file_.connection->Prepare(
      "SELECT id, token_id, team_id, created_at FROM memberships WHERE token_id = ? AND "
      "team_id = ?"));
  statement.Bind(token_id).Bind(team_id);
  TRY(statement.Step());
  return Membership{statement.Number(0), statement.Number(1), statement.Number(2),
                    statement.Number(3)};
}

Result<void> AccessTree::LeaveLocked(std::int64_t token_id, std::int64_t team_id) {
  auto leave =
      TRY(file_.connection->Prepare("DELETE FROM memberships WHERE token_id = ? AND team_id = ?"));
  leave.Bind(token_id).Bind(team_id);
  TRY(leave.Run());
  if (leave.changed_row_count() == 0) {
    return Error{ErrorCode::kNotFound, "the token is not in that team"};
  }
  auto unscope =
      TRY(file_.connection->Prepare("UPDATE tokens SET is_scoped = 0 WHERE id = ?1 AND NOT EXISTS "
                                    "(SELECT 1 FROM memberships WHERE token_id = ?1)"));
  unscope.Bind(token_id);
  return unscope.Run();
}

Result<void> AccessTree::Leave(std::int64_t token_id, std::int64_t team_id) {
  const ChangeTeller teller(on_change_);
  MutexLock lock(file_.mutex);
  TRY(file_.connection->Execute("BEGIN"));
  return file_.Finish(LeaveLocked(token_id, team_id));
}

Result<std::vector<AccessNode>> AccessTree::TeamsOf(std::int64_t token_id) const {
  MutexLock lock(file_.mutex);
  if (TRY(CountLocked("SELECT count(*) FROM tokens WHERE id = ?", token_id)) == 0) {
    return Error{ErrorCode::kNotFound, "Token not found"};
  }
  auto statement = TRY(file_.connection->Prepare(
      fmt::format("SELECT {} FROM access_nodes WHERE id IN "
                  "(SELECT team_id FROM memberships WHERE token_id = ?) ORDER BY id",
                  Columns())));
  statement.Bind(token_id);
  std::vector<AccessNode> teams;
  while (TRY(statement.Step())) teams.push_back(NodeIn(statement));
  return teams;
}

Result<std::shared_ptr<const Grants>> AccessTree::GrantsOf(const TokenInfo& token) const {
  if (!token.is_scoped) return std::shared_ptr<const Grants>();
  MutexLock lock(file_.mutex);
  auto statement = TRY(file_.connection->Prepare(GrantsSql()));
  statement.Bind(token.id);
  std::vector<Grant> list;
  while (TRY(statement.Step())) {
    Grant grant;
    grant.database_pattern = statement.Text(0);
    if (!statement.Text(1).empty()) grant.measurement_pattern = statement.Text(1);
    grant.permissions = PermissionsIn(statement.Text(2));
    grant.source = statement.Text(3);
    list.push_back(std::move(grant));
  }
  return std::make_shared<const Grants>(std::move(list));
}

}  // namespace arc::auth
