//! Who may call what: one table.

use domain::Role;

/// What a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Push and pull changes.
    Sync,
    /// Get another number after a restored copy.
    Renumber,
    /// Fetch the forms.
    ReadForms,
    /// List documents and read one, within one's scopes.
    ReadDocuments,
    /// Read the changes of a document, within one's scopes.
    ReadHistory,
    /// Upload pictures of photo records in one's scopes.
    UploadPhotos,
    /// Read pictures of photo records in one's scopes.
    ReadPhotos,
    /// End one's own login.
    EndSession,
    /// Work at the console: see what arrived, within one's scopes.
    UseConsole,
    /// Decide at the console: write as a desk does, within one's scopes.
    Decide,
}

/// How the caller proved who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// An enrolled device's token.
    Device,
    /// A name and a password.
    Session,
}

const EVERYONE: &[Role] = &[Role::Inspector, Role::DustTeam, Role::Supervisor, Role::Admin];
const DESK: &[Role] = &[Role::Supervisor, Role::Admin];
const DEVICE: &[Means] = &[Means::Device];
const SESSION: &[Means] = &[Means::Session];
const EITHER: &[Means] = &[Means::Device, Means::Session];

/// Every permission, the roles that have it and the means by which it is used. What a role may read or write within a
/// call is a matter of scopes and of the checks on each change.
pub const TABLE: &[(Permission, &[Role], &[Means])] = &[
    (Permission::Sync, EVERYONE, DEVICE),
    (Permission::Renumber, EVERYONE, DEVICE),
    (Permission::ReadForms, EVERYONE, EITHER),
    (Permission::ReadDocuments, EVERYONE, EITHER),
    (Permission::ReadHistory, EVERYONE, EITHER),
    (Permission::UploadPhotos, EVERYONE, DEVICE),
    (Permission::ReadPhotos, EVERYONE, EITHER),
    (Permission::EndSession, EVERYONE, SESSION),
    (Permission::UseConsole, DESK, SESSION),
    (Permission::Decide, DESK, SESSION),
];

/// Whether the table allows it.
#[must_use]
pub fn is_allowed(permission: Permission, role: Role, means: Means) -> bool {
    let row = TABLE.iter().find(|(named, ..)| *named == permission);
    row.is_some_and(|(_, roles, by)| roles.contains(&role) && by.contains(&means))
}
