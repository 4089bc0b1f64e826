/**
 * Bytes of a study by their SHA-256, in the server's object store; and messages, which lie there too where
 * they are too large to be sent as one.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { ObjectStore } from '@nats-io/obj';
import type { QueueConnection } from './connection.js';
import { fromText, toText } from './plain-data.js';
import { namesOf } from './protocol.js';

/** Of a server's 1 MiB a message, so that headers have their place. */
const MOST_SHARE = 0.75;

/** What a message is where its text lies in the store: no JSON begins so. */
const ELSEWHERE = 'sha256 ';

/** A file is not what it was when its digest was taken. */
export class ChangedFile extends Error {
  override name = 'ChangedFile';
}

export class Objects {
  private readonly there = new Set<string>();
  private readonly queue: QueueConnection;
  private readonly store: ObjectStore;

  private constructor(queue: QueueConnection, store: ObjectStore) {
    this.queue = queue;
    this.store = store;
  }

  /** @param make whether it is made where there is none */
  static async open(queue: QueueConnection, study: string, make: boolean): Promise<Objects> {
    const [{ Objm }, { StorageType }] = await Promise.all([
      import('@nats-io/obj'),
      import('@nats-io/jetstream'),
    ]);
    const stores = new Objm(queue.js);
    const { bucket } = namesOf(study);
    const store = make
      ? await stores.create(bucket, { storage: StorageType.File, description: `files of study ${study}` })
      : await stores.open(bucket);
    return new Objects(queue, store);
  }

  /** Throws ChangedFile where the file's content has another digest by now. */
  async putFile(file: string, sha256: string): Promise<void> {
    await this.put(sha256, () => createReadStream(file), file);
  }

  async putBytes(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.put(sha256, () => Readable.from([bytes]), sha256);
    return sha256;
  }

  private async put(sha256: string, open: () => AsyncIterable<Uint8Array>, file: string): Promise<void> {
    if (this.there.has(sha256)) return;
    const known = await this.queue.persist(() => this.store.info(sha256));
    if (known === null || known.deleted) {
      const { digest } = await this.queue.persist(() =>
        this.store.put(
          { name: sha256 },
          ReadableStream.from(open()) as globalThis.ReadableStream<Uint8Array>,
        ),
      );
      if (Buffer.from(digest.replace('SHA-256=', ''), 'base64url').toString('hex') !== sha256) {
        await this.queue.persist(() => this.store.delete(sha256));
        throw new ChangedFile(file);
      }
    }
    this.there.add(sha256);
  }

  /** Checked against its digest. Throws where there is none. */
  async get(sha256: string): Promise<Uint8Array> {
    const bytes = await this.queue.persist(() => this.store.getBlob(sha256));
    if (bytes === null) throw new Error(`the queue has no bytes with the digest ${sha256}`);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw new Error(`the queue has other bytes under the digest ${sha256}`);
    return bytes;
  }

  /** What is published for a value. Throws TypeError where it is no plain data. */
  async pack(value: unknown): Promise<string> {
    const large = new Map<string, Uint8Array>();
    const text = toText(value, large);
    for (const bytes of large.values()) await this.putBytes(bytes);
    const most = MOST_SHARE * (this.queue.nc.info?.max_payload ?? 2 ** 20);
    const bytes = Buffer.from(text);
    return bytes.length <= most ? text : `${ELSEWHERE}${await this.putBytes(bytes)}`;
  }

  async unpack(message: string): Promise<unknown> {
    const text = message.startsWith(ELSEWHERE)
      ? Buffer.from(await this.get(message.slice(ELSEWHERE.length))).toString('utf8')
      : message;
    return fromText(text, (digest) => this.get(digest));
  }
}
