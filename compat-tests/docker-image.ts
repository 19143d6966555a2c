/**
 * Docker itself, the base image and the image with the clients. Nothing here is skipped when it cannot be had: the run fails and says
 * what to install. No registry is named: the host's certificates and package clients' settings are handed to the build.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { JAVA_CLIENT_VERSIONS } from './client-table.js';

const IMAGE = 'ringmq-compat';
const MADE_BASE_IMAGE = 'ringmq-compat-base:bookworm';
const PULL_TIMEOUT_MS = 60_000;
const BUILD_TIMEOUT_MS = 15 * 60_000;
const HOST_CERTIFICATES = '/usr/local/share/ca-certificates';
/** Settings of package clients and proxies that a build takes over from the environment. */
const PASSED_ON = ['GOPROXY', 'GOSUMDB', 'GONOSUMDB', 'http_proxy', 'https_proxy', 'no_proxy'];

const NO_DOCKER = `Docker is needed for the compatibility tests and is not to be had here.
  Install it (Debian: apt-get install docker.io debootstrap) and start its daemon (systemctl start docker, or run dockerd),
  then try 'docker info' as the user that runs this.`;

function succeeds(command: string, args: readonly string[], timeoutMs = 30_000): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: timeoutMs }).status === 0;
}

function hasImage(name: string): boolean {
  return succeeds('docker', ['image', 'inspect', name]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a long step, its output kept back unless it fails. */
function runStep(what: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  say(what);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    timeout: BUILD_TIMEOUT_MS,
    maxBuffer: 1 << 28,
  });
  if (status === 0) return;
  const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-40).join('\n');
  throw new Error(`${what} failed${error === undefined ? '' : ` (${error.message})`}:\n${tail}`);
}

/** The base image: the one asked for if it is here or can be pulled, else one made from Debian's packages. */
function chooseBaseImage(asked: string, compatFolder: string): string {
  if (hasImage(asked)) return asked;
  if (succeeds('docker', ['pull', asked], PULL_TIMEOUT_MS)) return asked;
  if (hasImage(MADE_BASE_IMAGE)) {
    say(
      `The base image ${asked} is not here and cannot be pulled: using ${MADE_BASE_IMAGE}, made earlier from Debian packages.`,
    );
    return MADE_BASE_IMAGE;
  }
  const what = `The base image ${asked} is not here and cannot be pulled: making ${MADE_BASE_IMAGE} from Debian packages.`;
  runStep(what, join(compatFolder, 'make-base-image.sh'), [MADE_BASE_IMAGE], process.env);
  return MADE_BASE_IMAGE;
}

/** Lays out the build context: the sources beside what the host needs to reach its package registries. */
function layOutContext(compatFolder: string, context: string): void {
  rmSync(context, { recursive: true, force: true });
  const certificates = join(context, 'build-environment', 'certificates');
  mkdirSync(certificates, { recursive: true });
  for (const entry of ['Dockerfile', 'java', 'go', 'apache'])
    cpSync(join(compatFolder, entry), join(context, entry), { recursive: true });
  if (existsSync(HOST_CERTIFICATES)) {
    for (const file of readdirSync(HOST_CERTIFICATES).filter((name) => name.endsWith('.crt')))
      cpSync(join(HOST_CERTIFICATES, file), join(certificates, file), { dereference: true });
  }
  const mavenSettings = join(homedir(), '.m2', 'settings.xml');
  if (existsSync(mavenSettings)) cpSync(mavenSettings, join(context, 'build-environment', 'settings.xml'));
}

/** The id behind a name, so that a run goes on with the image it has built though another one gives the name away. */
function imageId(name: string): string {
  return spawnSync('docker', ['image', 'inspect', '--format={{.Id}}', name], { encoding: 'utf8' }).stdout.trim();
}

/** Builds the image with the clients and Apache's servers, and returns its id. Throws with a sentence for people if it cannot. */
export function buildImage(asked: string, projectFolder: string): string {
  if (!succeeds('docker', ['info'])) throw new Error(NO_DOCKER);
  const compatFolder = join(projectFolder, 'compat-tests');
  const context = join(projectFolder, 'build', 'compat-image');
  const baseImage = chooseBaseImage(asked, compatFolder);
  layOutContext(compatFolder, context);
  const settings = PASSED_ON.filter((name) => process.env[name] !== undefined).flatMap((name) => ['--build-arg', name]);
  const args = [
    'build',
    '--network=host',
    `--build-arg=BASE_IMAGE=${baseImage}`,
    `--build-arg=JAVA_CLIENT_VERSIONS=${JAVA_CLIENT_VERSIONS.join(' ')}`,
    ...settings,
    `--tag=${IMAGE}`,
    context,
  ];
  // The classic builder where the newer one is not installed: the client would refuse to build at all.
  const hasBuildx = succeeds('docker', ['buildx', 'version']);
  const env = hasBuildx ? process.env : { ...process.env, DOCKER_BUILDKIT: '0' };
  runStep(`Building the image ${IMAGE} on ${baseImage}.`, 'docker', args, env);
  return imageId(IMAGE);
}
