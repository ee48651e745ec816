//! Photos: which document names which picture, which pictures are held, and uploads under way.

use domain::{DocId, UserId};

use super::Stored;

/// The SHA-256 of a picture's bytes.
pub type ContentHash = [u8; 32];

/// What an upload carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadKind {
    /// The untouched original.
    Original,
    /// The small copy for lists.
    Thumbnail,
}

impl UploadKind {
    /// The word of `Upload-Metadata`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Thumbnail => "thumbnail",
        }
    }

    /// The kind that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Original, Self::Thumbnail].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// An upload under way; how far it is, the length of its file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its unguessable name, hexadecimal.
    pub id: String,
    /// Who began it.
    pub user: UserId,
    /// The photo document it belongs to.
    pub doc: DocId,
    /// What it carries.
    pub kind: UploadKind,
    /// What it must add up to.
    pub sha256: ContentHash,
    /// How long it is, bytes.
    pub length: u64,
    /// Its media type, as the client says.
    pub mime: String,
    /// Whether everything is there and was found right.
    pub done: bool,
    /// Until when it is kept, milliseconds since 1970.
    pub expires_at_ms: i64,
}

/// Photos and uploads.
pub trait Photos {
    /// A photo document names these pictures, as its registers say (one, unless there is a conflict).
    fn set_named(&self, doc: DocId, named: &[ContentHash]) -> Stored<()>;
    /// The pictures a photo document names.
    fn named(&self, doc: DocId) -> Stored<Vec<ContentHash>>;
    /// The photo documents that name a picture, held or not.
    fn naming(&self, sha256: &ContentHash) -> Stored<Vec<DocId>>;
    /// A photo document's own picture was proven: uploaded for it, or by somebody who could already read it.
    fn set_held(&self, doc: DocId, sha256: &ContentHash, kind: UploadKind) -> Stored<()>;
    /// Whether a photo document's original is held.
    fn is_held(&self, doc: DocId, kind: UploadKind) -> Stored<bool>;
    /// The photo documents through which a picture is held.
    fn holders(&self, sha256: &ContentHash, kind: UploadKind) -> Stored<Vec<DocId>>;
    /// Everything held: the document, the picture, the kind.
    fn holdings(&self) -> Stored<Vec<(DocId, ContentHash, UploadKind)>>;
    /// A photo document's file turned out not to be here.
    fn drop_holding(&self, doc: DocId, sha256: &ContentHash, kind: UploadKind) -> Stored<()>;
    /// Notes a stored content with its length and media type.
    fn add_blob(&self, sha256: &ContentHash, length: u64, mime: &str) -> Stored<()>;
    /// A stored content turned out not to be here.
    fn drop_blob(&self, sha256: &ContentHash) -> Stored<()>;
    /// The length and media type of a stored content.
    fn blob(&self, sha256: &ContentHash) -> Stored<Option<(u64, String)>>;
    /// Every stored content with its length.
    fn blobs(&self) -> Stored<Vec<(ContentHash, u64)>>;

    /// Begins an upload.
    fn add_upload(&self, upload: &Upload) -> Stored<()>;
    /// One upload.
    fn upload(&self, id: &str) -> Stored<Option<Upload>>;
    /// It is complete.
    fn finish_upload(&self, id: &str) -> Stored<()>;
    /// Forgets an upload.
    fn remove_upload(&self, id: &str) -> Stored<()>;
    /// The unfinished uploads of a user for one file of a document.
    fn unfinished_uploads(&self, user: UserId, doc: DocId, kind: UploadKind) -> Stored<Vec<String>>;
    /// How many uploads of a user are open.
    fn open_uploads(&self, user: UserId) -> Stored<u64>;
    /// The uploads that expired before a time.
    fn expired_uploads(&self, before_ms: i64) -> Stored<Vec<String>>;
}
