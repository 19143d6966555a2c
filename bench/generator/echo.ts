/** The echo as a process of its own, so that the generator has a core for itself: prints its port and serves until it is killed. Echo process. */
import { ProtocolEcho } from './protocol-echo.js';

process.stdout.write(`${await new ProtocolEcho().listen()}\n`);
