// What was spent as LiteLLM's clients know it: /spend/logs and /global/spend/report.

import { usd } from '../keys/key-json.ts';
import type { SpendGroupRow } from './ask-ledger.ts';
import type { SpendCall, SpendDetail } from './spend-query.ts';

export function callJson(call: SpendCall): Readonly<Record<string, unknown>> {
  const { input, cacheRead, cacheWrite, output } = call;
  const prompt = input + cacheRead + cacheWrite;
  return {
    request_id: call.requestId,
    api_key: call.key,
    caller: call.caller,
    session_id: call.session,
    heartbeat: call.heartbeat,
    model_group: call.model,
    model: call.deployment,
    custom_llm_provider: call.provider,
    spend: usd(call.spentNanoUsd),
    spend_nano_usd: call.spentNanoUsd,
    reserved_nano_usd: call.reservedNanoUsd,
    settled: call.how,
    startTime: new Date(call.atMs).toISOString(),
    endTime: new Date(call.endedMs).toISOString(),
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    provider_tool_uses: call.toolUses,
  };
}

export function groupJson(key: string, row: SpendGroupRow): Readonly<Record<string, unknown>> {
  return {
    [key]: row.name,
    total_cost: usd(row.spentNanoUsd),
    total_cost_nano_usd: row.spentNanoUsd,
    heartbeat_cost: usd(row.heartbeatNanoUsd),
    saved_by_cache: usd(row.savedNanoUsd + row.cachedNanoUsd),
    provider_tools_cost: usd(row.toolsNanoUsd),
    calls: row.calls,
    total_input_tokens: row.input + row.cacheRead + row.cacheWrite,
    total_output_tokens: row.output,
  };
}

/** As that report is by itself: days with teams. There are no teams here, so each day has one. */
export function dayReport(details: readonly SpendDetail[]): readonly unknown[] {
  const days = Map.groupBy(details, ({ dayMs }) => dayMs);
  return [...days].map(([dayMs, rows]) => ({
    group_by_day: new Date(dayMs).toISOString(),
    teams: [
      {
        team_name: 'Unassigned',
        total_spend: usd(spentOn(rows)),
        metadata: rows.map(({ model, key, spentNanoUsd, input, output }) => ({
          ...{ model, spend: usd(spentNanoUsd), total_tokens: input + output, api_key: key },
        })),
      },
    ],
  }));
}

/** What was spent on each model, for the rows of keys. */
export function modelDetails(details: readonly SpendDetail[]): readonly unknown[] {
  return [...Map.groupBy(details, ({ model }) => model)].map(([model, rows]) => ({
    model,
    total_cost: usd(spentOn(rows)),
    total_input_tokens: rows.reduce((sum, { input }) => sum + input, 0),
    total_output_tokens: rows.reduce((sum, { output }) => sum + output, 0),
  }));
}

function spentOn(rows: readonly SpendDetail[]): number {
  return rows.reduce((sum, { spentNanoUsd }) => sum + spentNanoUsd, 0);
}
