//! Where the bytes of evidence are: a folder of this machine, or a bucket. The only code that knows `object_store`.
//!
//! An object is named by its owner and the id of its row, never by its hash: two owners share no object, so that erasing
//! one's file touches nobody else's, and the name is known before the first byte, so that a crash leaves nothing that no
//! row tells of.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use commonweal_domain::ids::{OrganisationId, PersonId};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::error::AppError;
use crate::places::Places;

/// The most bytes of a file where the operator sets nothing else: 100 MiB.
pub const MAX_UPLOAD_BYTES: u64 = 100 << 20;
/// Uploads at once in this process; each holds at most three parts in memory.
const UPLOADS: usize = 16;
/// Of one organisation, and of one person whichever organisations they act for, so that no slow sender keeps the others out.
const UPLOADS_OF_ONE: usize = 4;
/// Bytes of a part: the least that a bucket takes.
const PART_BYTES: usize = 5 << 20;
/// Parts of one upload that are written at once.
const PARTS: usize = 2;

/// Objects by name.
#[derive(Debug, Clone)]
pub struct EvidenceObjects {
    objects: Arc<dyn ObjectStore>,
    /// The folder, where the objects are files.
    folder: Option<PathBuf>,
    max_bytes: u64,
    uploads: Arc<Semaphore>,
    by_owner: Places<OrganisationId>,
    by_person: Places<PersonId>,
}

impl EvidenceObjects {
    /// Files in a folder, which is made where it is missing.
    pub fn in_folder(folder: &FilePath, max_bytes: u64) -> Result<Self, AppError> {
        std::fs::create_dir_all(folder).map_err(AppError::internal)?;
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(AppError::internal)?;
        // Acknowledged is durable, here as in the database.
        let objects = Arc::new(objects.with_fsync(true));
        Ok(Self::over(objects, Some(folder.to_owned()), max_bytes))
    }

    /// Objects in a bucket that speaks S3, such as `s3://evidence/city`. Keys and endpoint come from the variables `AWS_*` of
    /// the environment. Let the bucket drop unfinished multipart uploads after a day.
    #[cfg(feature = "s3")]
    pub fn in_bucket(url: &str, max_bytes: u64) -> Result<Self, AppError> {
        // An error means that somebody has set one before, which does as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let bucket = object_store::aws::AmazonS3Builder::from_env().with_url(url);
        let bucket = bucket.build().map_err(AppError::internal)?;
        let prefix = url.splitn(4, '/').nth(3).unwrap_or_default();
        let objects = object_store::prefix::PrefixStore::new(bucket, prefix);
        Ok(Self::over(Arc::new(objects), None, max_bytes))
    }

    fn over(objects: Arc<dyn ObjectStore>, folder: Option<PathBuf>, max_bytes: u64) -> Self {
        Self {
            objects,
            folder,
            max_bytes,
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            by_owner: Places::new(UPLOADS_OF_ONE),
            by_person: Places::new(UPLOADS_OF_ONE),
        }
    }

    /// The most bytes of a file.
    pub(super) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// A place among the uploads of an owner, one among those of a person and one among those of this process, unless all of
    /// one kind are taken.
    pub(super) fn place(
        &self,
        owner: OrganisationId,
        person: PersonId,
    ) -> Result<[OwnedSemaphorePermit; 3], AppError> {
        let own = self.by_owner.of(owner).try_acquire_owned();
        let own = own.map_err(|_| {
            let message = format!(
                "{UPLOADS_OF_ONE} files of this organisation are on their way: send the next when one of them is stored"
            );
            AppError::refused_at("TOO_MANY_UPLOADS", "owner", message)
        })?;
        let theirs = self.by_person.of(person).try_acquire_owned();
        let theirs = theirs.map_err(|_| {
            let message = format!(
                "{UPLOADS_OF_ONE} files that you send are on their way, for whichever organisations: send the next when one of them \
                 is stored"
            );
            AppError::refused("TOO_MANY_UPLOADS", message)
        })?;
        let free = Arc::clone(&self.uploads).try_acquire_owned();
        Ok([own, theirs, free.map_err(|_| AppError::Overloaded)?])
    }

    /// Begins to write an object, which is not there until it is finished.
    pub(super) async fn write(&self, owner: Uuid, id: Uuid) -> Result<Writing, AppError> {
        let upload = self.objects.put_multipart(&name(owner, id)).await;
        let upload = upload.map_err(AppError::internal)?;
        Ok(Writing(WriteMultipart::new_with_chunk_size(
            upload, PART_BYTES,
        )))
    }

    /// The bytes of an object.
    pub(super) async fn read(
        &self,
        owner: Uuid,
        id: Uuid,
    ) -> Result<BoxStream<'static, std::io::Result<Bytes>>, AppError> {
        let found = self.objects.get(&name(owner, id)).await;
        let bytes = found.map_err(AppError::internal)?.into_stream();
        Ok(bytes.map(|piece| piece.map_err(Into::into)).boxed())
    }

    /// Removes an object, or what a crash left of it.
    pub(super) async fn remove(&self, owner: Uuid, id: Uuid) -> Result<(), AppError> {
        let name = name(owner, id);
        match self.objects.delete(&name).await {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(AppError::internal(error)),
        }
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        // A file that is being written has this ending until it is whole, and the store does not list it.
        let part = tokio::fs::remove_file(folder.join(format!("{name}#1"))).await;
        there(part)?;
        // Removed is removed, also when the power fails: the store makes only writes durable.
        let of_owner = tokio::fs::File::open(folder.join(owner.to_string())).await;
        if let Some(of_owner) = there(of_owner)? {
            of_owner.sync_all().await.map_err(AppError::internal)?;
        }
        Ok(())
    }
}

/// What was done, unless there was nothing.
fn there<T>(done: std::io::Result<T>) -> Result<Option<T>, AppError> {
    match done {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AppError::internal(error)),
    }
}

fn name(owner: Uuid, id: Uuid) -> Path {
    Path::from(format!("{owner}/{id}"))
}

/// An object that is being written.
pub(super) struct Writing(WriteMultipart);

impl Writing {
    /// Writes the next bytes, as fast as the store takes them.
    pub(super) async fn push(&mut self, bytes: Bytes) -> Result<(), AppError> {
        self.0
            .wait_for_capacity(PARTS)
            .await
            .map_err(AppError::internal)?;
        self.0.put(bytes);
        Ok(())
    }

    /// Makes the object whole, durable and visible at once.
    pub(super) async fn finish(self) -> Result<(), AppError> {
        self.0.finish().await.map_err(AppError::internal)?;
        Ok(())
    }

    /// Gives it up. What cannot be cleaned now, the collector cleans.
    pub(super) async fn give_up(self) {
        if let Err(error) = self.0.abort().await {
            tracing::warn!(%error, "an upload that was given up could not be cleaned");
        }
    }
}

#[cfg(test)]
mod tests {
    use commonweal_domain::ids::Id;
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn a_person_has_so_many_places_whichever_organisations_they_act_for() {
        let objects = EvidenceObjects::over(Arc::new(InMemory::new()), None, MAX_UPLOAD_BYTES);
        let organisation = |n| OrganisationId::from_uuid(Uuid::from_u128(n));
        let [one, two] = [1, 2].map(|n| PersonId::from_uuid(Uuid::from_u128(n)));
        let taken: Vec<_> = (0..4)
            .map(|n| objects.place(organisation(n), one).unwrap())
            .collect();
        let fifth = objects.place(organisation(9), one).unwrap_err();
        assert!(fifth.to_string().contains("that you send"), "{fifth}");
        drop(objects.place(organisation(9), two).unwrap());
        drop(taken);
        drop(objects.place(organisation(9), one).unwrap());
    }
}
