//! The service's key files: made on first start, mode 0600, in `DIR/keys`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use commonweal_app::beneficiary_key::BeneficiaryKey;
use commonweal_app::rng::Entropy;
use commonweal_app::sealing::SealingKey;
use commonweal_domain::log::note::{KeyName, NoteSigner, VerifierKey};
use secrecy::{ExposeSecret, SecretString};

/// The files of one data folder.
#[derive(Debug)]
pub struct KeyFiles {
    folder: PathBuf,
}

impl KeyFiles {
    /// The folder `keys` in the data folder, made where it is missing.
    pub fn open(data: &Path) -> Result<Self> {
        let folder = data.join("keys");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// The key that signs checkpoints. The origin is its name.
    pub fn log_signer(&self, origin: &str, rng: &dyn Entropy) -> Result<NoteSigner> {
        self.signer("log.key", origin, rng)
    }

    /// The key that is going to sign them.
    pub fn next_log_signer(&self, origin: &str, rng: &dyn Entropy) -> Result<NoteSigner> {
        self.signer("log-next.key", origin, rng)
    }

    /// Puts the next key in the place of the present one, which keeps a file of its own. There is a key at any moment.
    pub fn promote_next_log_key(&self, present: &VerifierKey) -> Result<()> {
        let (path, kept) = (
            self.path("log.key"),
            self.path(&format!("log-{}.key", present.id())),
        );
        let promote = || -> io::Result<()> {
            if !kept.try_exists()? {
                fs::hard_link(&path, &kept)?;
            }
            fs::rename(self.path("log-next.key"), &path)
        };
        promote().with_context(|| format!("cannot replace {}", path.display()))
    }

    fn signer(&self, file: &str, origin: &str, rng: &dyn Entropy) -> Result<NoteSigner> {
        let text =
            self.read_or_make(file, || SecretString::from(hex::encode(rng.bytes::<32>())))?;
        let mut seed = [0; 32];
        hex::decode_to_slice(text.expose_secret().trim(), &mut seed).with_context(|| {
            format!(
                "{} is no key: expected 64 hexadecimal digits",
                self.path(file).display()
            )
        })?;
        let name: KeyName = origin.parse().context("the origin cannot name a key")?;
        Ok(NoteSigner::from_seed(name, &seed))
    }

    /// The key under which the keys of tenders rest.
    pub fn sealing_key(&self) -> Result<SealingKey> {
        let text = self.read_or_make("sealing.key", || SealingKey::generate().to_text())?;
        SealingKey::parse(&text)
            .with_context(|| format!("in {}", self.path("sealing.key").display()))
    }

    /// The key that makes tokens of people behind claims. It is made once and never changed.
    pub fn beneficiary_key(&self, origin: &str, rng: &dyn Entropy) -> Result<BeneficiaryKey> {
        let text = self.read_or_make("beneficiary.key", || BeneficiaryKey::generate(rng))?;
        BeneficiaryKey::parse(&text, origin)
            .with_context(|| format!("in {}", self.path("beneficiary.key").display()))
    }

    /// Where the last signed checkpoint is kept: beside the key, so that both outlive a restore of the database.
    pub fn last_checkpoint(&self) -> PathBuf {
        self.path("last-checkpoint")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read_or_make(
        &self,
        name: &str,
        make: impl FnOnce() -> SecretString,
    ) -> Result<SecretString> {
        let path = self.path(name);
        match fs::read_to_string(&path) {
            Ok(text) => {
                check_mode(&path)?;
                Ok(SecretString::from(text))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = make();
                write_secret(&path, secret.expose_secret())?;
                Ok(secret)
            }
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// Writes a file that only its owner can read; an existing one is never overwritten.
pub fn write_secret(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || -> io::Result<()> {
        let mut file = options.open(path)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// A key that others on the machine can read is no secret.
#[cfg(unix)]
fn check_mode(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "{} has mode {mode:o}, so others can read the key: run `chmod 600` on it",
            path.display()
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_path: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use commonweal_app::rng::SystemRng;

    use super::*;

    #[test]
    fn keys_are_made_once_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let signer = || {
            let keys = KeyFiles::open(folder.path()).unwrap();
            keys.log_signer("example.org/log", &SystemRng).unwrap()
        };
        assert_eq!(
            signer().verifier_key().to_string(),
            signer().verifier_key().to_string()
        );
    }

    #[test]
    fn the_next_key_takes_the_place_of_the_present_one_which_stays() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFiles::open(folder.path()).unwrap();
        let [present, next] = [
            keys.log_signer("example.org/log", &SystemRng).unwrap(),
            keys.next_log_signer("example.org/log", &SystemRng).unwrap(),
        ];
        keys.promote_next_log_key(present.verifier_key()).unwrap();
        let signer = keys.log_signer("example.org/log", &SystemRng).unwrap();
        assert_eq!(signer.verifier_key(), next.verifier_key());
        let kept = format!("keys/log-{}.key", present.verifier_key().id());
        assert!(folder.path().join(kept).exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFiles::open(folder.path()).unwrap();
        keys.log_signer("example.org/log", &SystemRng).unwrap();
        let path = folder.path().join("keys/log.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = keys.log_signer("example.org/log", &SystemRng).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}
