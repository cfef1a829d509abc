// Where the endpoints for keys and spending are: known to every start, while what answers there is
// loaded when somebody asks.

const routes = [
  'POST /key/generate',
  'GET /key/info',
  'POST /key/update',
  'POST /key/delete',
  'POST /key/block',
  'POST /key/unblock',
  'POST /key/regenerate',
  'GET /key/list',
  'GET /spend/logs',
  'GET /global/spend/report',
] as const;

export type AdminRoute = (typeof routes)[number];

export const regeneratePath = /^\/key\/([^/]{1,256})\/regenerate$/;

/** Whether there is such an endpoint, before anybody is asked for a key. */
export function isAdminPath(method: string, path: string): boolean {
  return adminRoute(method, path) !== null || (method === 'POST' && regeneratePath.test(path));
}

/** Null where the path is none of the list; it may hold a key, then. */
export function adminRoute(method: string, path: string): AdminRoute | null {
  return routes.find((route) => route === `${method} ${path}`) ?? null;
}
