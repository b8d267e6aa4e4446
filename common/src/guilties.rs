//! Guilties: the functions that backtraces blame, one by one.

use serde::{Deserialize, Serialize};

use crate::crashes::DayCount;
use crate::facets::{NameCount, is_zero};
use crate::filter::MachineId;
use crate::jobs::StartedJob;
use crate::paging::{Page, Paged};
use crate::records::GuiltyRef;
use crate::{Access, Endpoint, Method, Role, Timestamp};

/// The longest comment, in characters.
pub const MAX_COMMENT_CHARS: usize = 80;
/// The most machines that [`Guilty`] names.
pub const MAX_MACHINES: usize = 1000;

/// Everything about one guilty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetGuilty {
    /// The guilty's id.
    pub id: i64,
}

impl Endpoint for GetGuilty {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/guilties/{id}";
    const SUMMARY: &'static str = "One guilty: where, when and on which machines it was hit";
    type Body = ();
    type Response = Guilty;
}

/// A guilty with its history of all time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Guilty {
    /// Its id.
    pub id: i64,
    /// Its function, demangled; `???` without symbols.
    pub function: String,
    /// The module that the function is in.
    pub module: String,
    /// What somebody wrote about it.
    pub comment: String,
    /// Whether it is left out of the table of crashes.
    pub hidden: bool,
    /// All its crashes.
    pub records: u64,
    /// How many of them are no longer kept.
    pub purged: u64,
    /// By system and build; systems by name, builds ascending.
    pub builds: Vec<GuiltyBuild>,
    /// Crashes by day of capture, ascending; days without any are left out.
    pub days: Vec<DayCount>,
    /// The programs that hit it, largest first.
    pub programs: Vec<NameCount>,
    /// The signals that ended them, by number as the payload has it, largest first.
    pub signals: Vec<NameCount>,
    /// The machines that hit it, at most 1000, those of each system's newest builds: systems by name, builds ascending,
    /// within a build most crashes first.
    pub machines: Vec<GuiltyMachine>,
}

/// A guilty in one build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuiltyBuild {
    /// `ID` of os-release.
    pub system: String,
    /// OS version.
    pub build: String,
    /// Crashes in it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
    /// Distinct machines that hit it there.
    pub machines: u64,
}

/// A machine that hit a guilty in one build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuiltyMachine {
    /// `ID` of os-release.
    pub system: String,
    /// OS version.
    pub build: String,
    /// The machine's id, normally rotated every three days.
    pub machine_id: String,
    /// Crashes on it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}

/// Changes what people say about a guilty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct PatchGuilty {
    /// The guilty's id.
    pub id: i64,
}

impl Endpoint for PatchGuilty {
    const METHOD: Method = Method::Patch;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/guilties/{id}";
    const SUMMARY: &'static str = "Comment a guilty, hide it or show it again";
    type Body = GuiltyPatch;
    type Response = GuiltyEntry;
}

/// What changes; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GuiltyPatch {
    /// At most 80 characters; an empty one is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether it is left out of the table of crashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
}

/// Guilties by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListGuilties {
    /// Only hidden ones, or only shown ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
}

impl Endpoint for ListGuilties {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/guilties";
    const SUMMARY: &'static str = "Guilties by function and module";
    type Body = ();
    type Response = GuiltyList;
}

/// Guilties, ascending by function and module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuiltyList {
    /// All that there are.
    pub guilties: Vec<GuiltyEntry>,
}

/// A guilty without its history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuiltyEntry {
    /// Its id.
    pub id: i64,
    /// Its function, demangled.
    pub function: String,
    /// The module that the function is in.
    pub module: String,
    /// What somebody wrote about it.
    pub comment: String,
    /// Whether it is left out of the table of crashes.
    pub hidden: bool,
}

impl From<GuiltyEntry> for GuiltyRef {
    fn from(entry: GuiltyEntry) -> Self {
        Self { id: entry.id, function: entry.function, module: entry.module }
    }
}

/// Which backtraces of a guilty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct OfGuilty {
    /// The guilty's id.
    pub id: i64,
    /// Of one build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Of one machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub machine_id: Option<MachineId>,
}

/// A page of a guilty's backtraces, newest first.
pub type ListBacktraces = Paged<OfGuilty>;

impl Endpoint for ListBacktraces {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/guilties/{id}/backtraces";
    const SUMMARY: &'static str = "Backtraces of a guilty, newest first";
    type Body = ();
    type Response = BacktracePage;
}

/// One page of backtraces.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BacktracePage {
    /// Newest first.
    pub backtraces: Vec<Backtrace>,
    /// Where the next page begins; `null` when this was the last.
    pub next_before: Option<i64>,
}

impl Page for BacktracePage {
    type Row = Backtrace;

    fn into_parts(self) -> (Vec<Backtrace>, Option<i64>) {
        (self.backtraces, self.next_before)
    }
}

/// The backtrace in the payload of one record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetBacktrace {
    /// The record's id.
    pub id: i64,
}

impl Endpoint for GetBacktrace {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/records/{id}/backtrace";
    const SUMMARY: &'static str = "The backtrace in a record's payload; without frames where it has none";
    type Body = ();
    type Response = Backtrace;
}

/// The distinct crashing stacks of a guilty, with the newest backtrace of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListStacks {
    /// The guilty's id.
    pub id: i64,
    /// How many stacks, 1 to 100; 10 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many stacks to pass over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

impl Endpoint for ListStacks {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/guilties/{id}/stacks";
    const SUMMARY: &'static str = "Identical crashing stacks of a guilty with their number, the one hit last first";
    type Body = ();
    type Response = StackPage;
}

/// One page of stacks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StackPage {
    /// The one that was hit last first.
    pub stacks: Vec<Stack>,
    /// How many there are on all pages; those whose records are all purged are left out.
    pub total: u64,
}

/// Records with the same crashing stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stack {
    /// The stack's id, by which records can be filtered.
    pub id: i64,
    /// Its records that are still kept.
    pub records: u64,
    /// The newest of them.
    pub newest: Backtrace,
}

/// The backtrace of a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backtrace {
    /// The record.
    pub record_id: i64,
    /// When the machine made it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub captured_at: Timestamp,
    /// OS version.
    pub build: String,
    /// The machine's id.
    pub machine_id: String,
    /// The program that crashed; `null` for the kernel's.
    pub program: Option<String>,
    /// Its process id.
    pub pid: Option<u64>,
    /// The signal that ended it, as the payload has it.
    pub signal: Option<String>,
    /// Why the kernel says it happened.
    #[cfg_attr(feature = "openapi", schema(example = "BUG: unable to handle page fault"))]
    pub reason: Option<String>,
    /// The kernel's taint flags.
    pub tainted: Option<String>,
    /// The crashing thread, top frame first.
    pub frames: Vec<Frame>,
    /// The number of the guilty frame in `frames`.
    pub guilty_frame: Option<u32>,
    /// The other threads.
    pub threads: Vec<Thread>,
    /// Lines that are no frames, errors among them.
    pub notes: Vec<String>,
}

/// A thread that did not crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Thread {
    /// Its id.
    pub id: Option<u64>,
    /// Top frame first.
    pub frames: Vec<Frame>,
}

/// A function on the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frame {
    /// Its function, demangled; `???` without symbols.
    pub function: String,
    /// The module that the function is in.
    pub module: String,
    /// Where in its source.
    pub location: Option<String>,
    /// Whether the list in use says that it is never guilty.
    pub never_guilty: bool,
}

/// Puts every record anew to the guilty that the never-guilty list of now says; joins one that is running.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct Recompute {}

impl Endpoint for Recompute {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/guilties/recompute";
    const SUMMARY: &'static str = "Judge all crashes anew by the never-guilty list, in the background";
    const STATUS: u16 = 202;
    type Body = ();
    type Response = StartedJob;
}

/// Takes back everything that people have said: comments, hidden marks, and changes of the never-guilty list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct Reset {}

impl Endpoint for Reset {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/guilties/reset";
    const SUMMARY: &'static str =
        "Take back all comments, hidden marks and changes of the never-guilty list, and recompute";
    const STATUS: u16 = 202;
    type Body = ();
    type Response = StartedJob;
}
