//! Folders of health data, into which nobody else may look.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use crate::StorageError;

/// The mode of a folder into which its owner alone may look.
const OWNER_ONLY: u32 = 0o700;

/// Makes a folder with what is above it, where it is not there, and lets only its owner into it, or into one that is open
/// to everybody: what files of health data below it may be read by is then no matter.
pub fn own_folder(folder: &Path) -> Result<(), StorageError> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above).map_err(StorageError::io(above))?;
    }
    let made = fs::DirBuilder::new().mode(OWNER_ONLY).create(folder);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(StorageError::io(folder)(error));
        }
        _ => {}
    }
    let mode = fs::metadata(folder)
        .map_err(StorageError::io(folder))?
        .permissions()
        .mode();
    // What an operator lets a group see stays so.
    let is_closed = (mode & 0o777) | 0o770 == 0o770;
    if is_closed {
        return Ok(());
    }
    match fs::set_permissions(folder, fs::Permissions::from_mode(OWNER_ONLY)) {
        // A volume that somebody else owns and lends.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            let folder = folder.display();
            tracing::warn!(%folder, "others on this machine may look into it: close it to them");
            Ok(())
        }
        set => set.map_err(StorageError::io(folder)),
    }
}
