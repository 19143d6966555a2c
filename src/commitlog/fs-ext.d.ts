/** The part of fs-ext that is in use; the package carries no types. Commitlog worker. Java: FileChannel.tryLock. */
declare module 'fs-ext' {
  /** Numbers of the platform. */
  export const constants: { readonly F_WRLCK: number; readonly F_RDLCK: number };
  /** `setlk` with F_WRLCK takes the POSIX write lock of the whole file, with F_RDLCK the read lock, or fails with EAGAIN or EACCES. */
  export function fcntl(
    fd: number,
    command: 'setlk',
    argument: number,
    callback: (error: NodeJS.ErrnoException | null) => void,
  ): void;
}
