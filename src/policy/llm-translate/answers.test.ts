// Answers from one API to another: a stream adds up to what the whole answer says, in each of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answers, eventsOf, readBack } from '../../testing/llm-translation/answers.ts';
import { clientApis, providerApis, sharedApis } from '../../testing/llm-translation/feature.ts';
import type { Answer } from './conversation.ts';
import { clientDialects, providerDialects } from './dialects.ts';
import { findTranslation } from './translate.ts';

const frame = { createdSeconds: 1_700_000_000, countInStream: true };
const context = { model: 'smart', requestId: 'r1', nowMs: 1_700_000_000_000, includeUsage: true };

/** Ids are made longer by the Responses API, and its thoughts carry no signature of ours. */
function essence(answer: Answer | null): unknown {
  assert.ok(answer !== null);
  const { model, parts, stop, counts } = answer;
  return { model, parts, stop, counts };
}

for (const api of sharedApis) {
  test(`${api}: an answer is read as it was written`, () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const written = clientDialects[api].writeAnswer(answer, frame);
        assert.deepEqual(essence(providerDialects[api].readAnswer(written)), essence(answer));
      }),
    );
  });

  test(`${api}: a stream adds up to the answer, however it is cut`, () => {
    fc.assert(
      fc.property(answers, fc.integer({ min: 1, max: 9 }), (answer, pieceLength) => {
        const writer = clientDialects[api].writeStream(frame);
        const events = eventsOf(answer, pieceLength);
        const stream = events.map((event) => writer.write(event)).join('');
        assert.deepEqual(
          essence(readBack(providerDialects[api].readStream(), stream)),
          essence(answer),
        );
      }),
    );
  });
}

const streamed = (api: (typeof sharedApis)[number], answer: Answer) => {
  const writer = clientDialects[api].writeStream(frame);
  return eventsOf(answer, 5)
    .map((event) => writer.write(event))
    .join('')
    .split(/(?<=\n\n)/);
};

for (const from of sharedApis) {
  for (const to of sharedApis.filter((api) => api !== from)) {
    test(`a stream of ${from} is a stream of ${to} with the same answer`, () => {
      fc.assert(
        fc.property(answers, (answer) => {
          const translation = findTranslation(to, from)?.stream(context);
          assert.ok(translation !== undefined);
          const events = streamed(from, answer).map((event) =>
            translation.event(Buffer.from(event)),
          );
          const stream = `${Buffer.concat(events)}${translation.end(true)}`;
          const back = readBack(providerDialects[to].readStream(), stream);
          assert.deepEqual(essence(back), essence({ ...answer, model: 'smart' }));
        }),
        { numRuns: 50 },
      );
    });

    test(`a stream of ${from} that breaks off is an error in ${to}, wherever it breaks`, () => {
      fc.assert(
        fc.property(answers, fc.nat(), (answer, cut) => {
          const translation = findTranslation(to, from)?.stream(context);
          assert.ok(translation !== undefined);
          const events = streamed(from, answer);
          // The count and the last word may come in events of their own: the end is the last.
          const ends = events.findIndex((event) =>
            /finish_reason":"|message_stop|"response\.completed"/.test(event),
          );
          const taken = events.slice(0, cut % ends);
          const out = taken.map((event) => translation.event(Buffer.from(event)));
          const text = `${Buffer.concat(out)}${translation.end(false)}`;
          assert.match(text, /The provider broke off its answer/);
          assert.equal(readBack(providerDialects[to].readStream(), text), null);
        }),
        { numRuns: 50 },
      );
    });
  }
}

test('whatever a provider sends, a translation neither throws nor ends an answer that did not end', () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const shaped = fc.oneof(
    value,
    fc.record({
      choices: fc.oneof(value, fc.array(fc.record({ delta: value, finish_reason: value }))),
    }),
    fc.record({
      type: fc.constantFrom('message_start', 'content_block_start', 'content_block_delta'),
      delta: value,
      content_block: value,
      message: value,
    }),
    fc.record({
      type: fc.constantFrom(
        'response.created',
        'response.output_item.added',
        'response.output_text.delta',
      ),
      item: value,
      delta: value,
      response: value,
    }),
    fc.record({
      candidates: fc.array(fc.record({ content: fc.record({ parts: fc.array(value) }) })),
      usageMetadata: value,
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...clientApis),
      fc.constantFrom(...providerApis),
      fc.array(shaped, { maxLength: 6 }),
      (to, from, events) => {
        const found = findTranslation(to, from);
        if (found === null) return;
        const translation = found.stream(context);
        for (const event of events) {
          translation.event(Buffer.from(`data: ${JSON.stringify(event)}\n\n`));
        }
        translation.end(false);
        for (const event of events) {
          assert.ok(found.answer(Buffer.from(JSON.stringify(event)), context).length > 0);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('whatever a client sends is translated or refused', () => {
  const value = fc.jsonValue({ maxDepth: 5 });
  const target = { model: 'm', outputTokens: 100, outputKey: 'max_tokens' } as const;
  const turn = fc.record({
    role: fc.constantFrom('user', 'assistant', 'tool', 'system'),
    content: fc.oneof(
      value,
      fc.array(
        fc.record({
          type: fc.constantFrom(
            'text',
            'image',
            'tool_use',
            'tool_result',
            'thinking',
            'image_url',
          ),
          text: value,
          input: value,
          content: value,
          source: value,
          image_url: value,
        }),
      ),
    ),
    tool_calls: value,
  });
  const request = fc.record({
    messages: fc.array(turn),
    input: value,
    tools: value,
    tool_choice: value,
    thinking: value,
    stop: value,
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...clientApis),
      fc.constantFrom(...providerApis),
      request,
      (from, to, body) => {
        const found = findTranslation(from, to);
        if (found === null) return;
        const result = found.request(Buffer.from(JSON.stringify(body)), target);
        if ('refused' in result) assert.match(result.refused, /^`.+` \w/);
        else assert.ok(String(result.body).includes('100'));
      },
    ),
    { numRuns: 1_000 },
  );
});
