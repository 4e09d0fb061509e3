// Made by scripts/request-schema.js from Google's schemas; do not edit.

/** When the schemas are from. */
export const SCHEMA_REVISION = '2026-11-06';

/** Fields of each message: `name:kind`, where `@` leads to a message, `#` to an enumeration; `[]` is a list, `{}` a map. */
export const MESSAGES: Readonly<Record<string, string>> = {
  GenerateContentRequest:
    'cachedContent:string contents:[]@Content continuationToken:string generationConfig:@GenerationConfig labels:{}string model:string safetySettings:[]@SafetySetting serviceTier:any store:bool systemInstruction:@Content toolConfig:@ToolConfig tools:[]@Tool',
  Content: 'parts:[]@Part role:string',
  Part: 'audioTranscription:@Transcription codeExecutionResult:@CodeExecutionResult executableCode:@ExecutableCode fileData:@FileData functionCall:@FunctionCall functionResponse:@FunctionResponse inlineData:@Blob mediaProcessing:#MediaProcessing mediaResolution:@PartMediaResolution partMetadata:struct speechMetadata:@SpeechMetadata text:string thought:bool thoughtSignature:bytes toolCall:@ToolCall toolResponse:@ToolResponse videoMetadata:@VideoMetadata',
  Transcription:
    'endOffset:string finished:bool languageCode:string speakerLabel:string startOffset:string text:string words:[]@WordInfo',
  WordInfo: 'endOffset:string startOffset:string word:string',
  CodeExecutionResult: 'id:string outcome:#Outcome output:string',
  ExecutableCode: 'code:string id:string language:#Language',
  FileData: 'displayName:string fileUri:string mimeType:string',
  FunctionCall: 'args:struct id:string name:string',
  FunctionResponse:
    'id:string name:string parts:[]@FunctionResponsePart response:struct scheduling:#Scheduling willContinue:bool',
  FunctionResponsePart:
    'fileData:@FunctionResponseFileData inlineData:@FunctionResponseBlob mediaProcessing:#MediaProcessing',
  FunctionResponseFileData: 'displayName:string fileUri:string mimeType:string',
  FunctionResponseBlob: 'data:bytes displayName:string mimeType:string',
  Blob: 'data:bytes displayName:string mimeType:string',
  PartMediaResolution: 'level:#Level numTokens:float',
  SpeechMetadata: 'speaker:string style:string',
  ToolCall: 'args:struct id:string toolType:#ToolType',
  ToolResponse: 'id:string response:struct toolType:#ToolType',
  VideoMetadata: 'endOffset:any fps:float startOffset:any',
  GenerationConfig:
    '_responseJsonSchema:any audioTranscriptionConfig:@AudioTranscriptionConfig candidateCount:int32 enableAffectiveDialog:bool enableEnhancedCivicAnswers:bool frequencyPenalty:float imageConfig:@ImageConfig logprobs:int32 maxOutputTokens:int32 mediaResolution:#MediaResolution modelSelectionConfig:@ModelSelectionConfig presencePenalty:float responseFormat:[]@ResponseFormat responseJsonSchema:any responseJsonSchemaOrdered:any responseLogprobs:bool responseMimeType:string responseModalities:[]#ResponseModalities responseSchema:@Schema seed:int32 speechConfig:@SpeechConfig stopSequences:[]string temperature:float thinkingConfig:@ThinkingConfig topK:float topP:float translationConfig:@TranslationConfig',
  AudioTranscriptionConfig:
    'adaptationPhrases:[]string customVocabulary:[]string diarization:bool languageAuto:@LanguageAuto languageCodes:[]string languageHints:@LanguageHints mode:#Mode sourceText:string wordTimestamp:bool',
  LanguageAuto: '',
  LanguageHints: 'languageCodes:[]string',
  ImageConfig: 'aspectRatio:string imageSize:string personGeneration:#PersonGeneration',
  ModelSelectionConfig: 'featureSelectionPreference:#FeatureSelectionPreference',
  ResponseFormat:
    'audio:@AudioResponseFormat image:@ImageResponseFormat text:@TextResponseFormat video:@VideoResponseFormat',
  AudioResponseFormat: 'bitRate:int32 delivery:#Delivery mimeType:#MimeType sampleRate:int32',
  ImageResponseFormat: 'aspectRatio:#AspectRatio delivery:#Delivery imageSize:#ImageSize mimeType:#MimeType2',
  TextResponseFormat: 'mimeType:#MimeType3 schema:any',
  VideoResponseFormat:
    'aspectRatio:#AspectRatio delivery:#Delivery duration:string gcsUri:string resolution:string',
  Schema:
    'anyOf:[]@Schema default:any description:string enum:[]string example:any format:string items:@Schema maxItems:int64 maxLength:int64 maxProperties:int64 maximum:float minItems:int64 minLength:int64 minProperties:int64 minimum:float nullable:bool pattern:string properties:{}@Schema propertyOrdering:[]string required:[]string title:string type:#Type',
  SpeechConfig:
    'languageCode:string multiSpeakerVoiceConfig:@MultiSpeakerVoiceConfig voiceConfig:@VoiceConfig',
  MultiSpeakerVoiceConfig: 'speakerVoiceConfigs:[]@SpeakerVoiceConfig',
  SpeakerVoiceConfig: 'speaker:string voiceConfig:@VoiceConfig',
  VoiceConfig:
    'prebuiltVoiceConfig:@PrebuiltVoiceConfig replicatedVoiceConfig:@ReplicatedVoiceConfig voice:string',
  PrebuiltVoiceConfig: 'voiceName:string',
  ReplicatedVoiceConfig:
    'consentAudio:bytes mimeType:string voiceConsentSignature:@VoiceConsentSignature voiceSampleAudio:bytes',
  VoiceConsentSignature: 'signature:string',
  ThinkingConfig: 'includeThoughts:bool thinkingBudget:int32 thinkingLevel:#ThinkingLevel',
  TranslationConfig: 'echoTargetLanguage:bool targetLanguageCode:string',
  SafetySetting: 'category:#Category threshold:#Threshold',
  ToolConfig:
    'functionCallingConfig:@FunctionCallingConfig includeServerSideToolInvocations:bool retrievalConfig:@RetrievalConfig',
  FunctionCallingConfig: 'allowedFunctionNames:[]string mode:#Mode2',
  RetrievalConfig: 'languageCode:string latLng:any',
  Tool: 'codeExecution:@CodeExecution computerUse:@ComputerUse fileSearch:@FileSearch functionDeclarations:[]@FunctionDeclaration googleMaps:@GoogleMaps googleSearch:@GoogleSearch googleSearchRetrieval:@GoogleSearchRetrieval mcpServers:[]@McpServer urlContext:@UrlContext',
  CodeExecution: '',
  ComputerUse:
    'disabledSafetyPolicies:[]#DisabledSafetyPolicies enablePromptInjectionDetection:bool environment:#Environment excludedPredefinedFunctions:[]string',
  FileSearch:
    'fileSearchStoreNames:[]string metadataFilter:string retrievalConfig:@RetrievalConfig2 retrievalResources:[]@RetrievalResource topK:float',
  RetrievalConfig2: 'metadataFilter:string topK:int32',
  RetrievalResource: 'ragStoreName:string',
  FunctionDeclaration:
    'behavior:#Behavior description:string name:string parameters:@Schema parametersJsonSchema:any response:@Schema responseJsonSchema:any',
  GoogleMaps: 'enableWidget:bool',
  GoogleSearch: 'searchTypes:@SearchTypes timeRangeFilter:any',
  SearchTypes: 'imageSearch:@ImageSearch webSearch:@WebSearch',
  ImageSearch: '',
  WebSearch: '',
  GoogleSearchRetrieval: 'dynamicRetrievalConfig:@DynamicRetrievalConfig',
  DynamicRetrievalConfig: 'dynamicThreshold:float mode:#Mode3',
  McpServer: 'name:string streamableHttpTransport:@StreamableHttpTransport',
  StreamableHttpTransport:
    'headers:{}string sseReadTimeout:string terminateOnClose:bool timeout:string url:string',
  UrlContext: '',
  EmbedContentRequest:
    'content:@Content embedContentConfig:any model:string outputDimensionality:int32 taskType:#TaskType title:string',
};

/** Values of each enumeration. */
export const ENUMS: Readonly<Record<string, string>> = {
  Outcome: 'OUTCOME_DEADLINE_EXCEEDED OUTCOME_FAILED OUTCOME_OK OUTCOME_UNSPECIFIED',
  Language: 'LANGUAGE_UNSPECIFIED PYTHON',
  MediaProcessing: 'AGENTIC MEDIA_PROCESSING_UNSPECIFIED STATIC',
  Scheduling: 'INTERRUPT SCHEDULING_UNSPECIFIED SILENT WHEN_IDLE',
  Level:
    'MEDIA_RESOLUTION_HIGH MEDIA_RESOLUTION_LOW MEDIA_RESOLUTION_MEDIUM MEDIA_RESOLUTION_ULTRA_HIGH MEDIA_RESOLUTION_UNSPECIFIED',
  ToolType:
    'FILE_SEARCH GOOGLE_MAPS GOOGLE_SEARCH_IMAGE GOOGLE_SEARCH_WEB MEDIA_PROCESSING TOOL_TYPE_UNSPECIFIED URL_CONTEXT',
  Mode: 'MODE_UNSPECIFIED SMART VERBATIM',
  PersonGeneration: 'ALLOW_ADULT ALLOW_ALL ALLOW_NONE PERSON_GENERATION_UNSPECIFIED',
  MediaResolution:
    'MEDIA_RESOLUTION_HIGH MEDIA_RESOLUTION_LOW MEDIA_RESOLUTION_MEDIUM MEDIA_RESOLUTION_UNSPECIFIED',
  FeatureSelectionPreference:
    'BALANCED FEATURE_SELECTION_PREFERENCE_UNSPECIFIED PRIORITIZE_COST PRIORITIZE_QUALITY',
  Delivery: 'DELIVERY_UNSPECIFIED INLINE URI',
  MimeType: 'AUDIO_ALAW AUDIO_L16 AUDIO_MP3 AUDIO_MULAW AUDIO_OGG_OPUS AUDIO_WAV MIME_TYPE_UNSPECIFIED',
  AspectRatio:
    'ASPECT_RATIO_EIGHT_BY_ONE ASPECT_RATIO_FIVE_BY_FOUR ASPECT_RATIO_FOUR_BY_FIVE ASPECT_RATIO_FOUR_BY_ONE ASPECT_RATIO_FOUR_BY_THREE ASPECT_RATIO_NINE_BY_SIXTEEN ASPECT_RATIO_ONE_BY_EIGHT ASPECT_RATIO_ONE_BY_FOUR ASPECT_RATIO_ONE_BY_ONE ASPECT_RATIO_SIXTEEN_BY_NINE ASPECT_RATIO_THREE_BY_FOUR ASPECT_RATIO_THREE_BY_TWO ASPECT_RATIO_TWENTY_ONE_BY_NINE ASPECT_RATIO_TWO_BY_THREE ASPECT_RATIO_UNSPECIFIED',
  ImageSize:
    'IMAGE_SIZE_FIVE_TWELVE IMAGE_SIZE_FOUR_K IMAGE_SIZE_ONE_K IMAGE_SIZE_TWO_K IMAGE_SIZE_UNSPECIFIED',
  MimeType2: 'IMAGE_JPEG MIME_TYPE_UNSPECIFIED',
  MimeType3: 'APPLICATION_JSON MIME_TYPE_UNSPECIFIED TEXT_PLAIN',
  ResponseModalities: 'AUDIO IMAGE MODALITY_UNSPECIFIED TEXT VIDEO',
  Type: 'ARRAY BOOLEAN INTEGER NULL NUMBER OBJECT STRING TYPE_UNSPECIFIED',
  ThinkingLevel: 'HIGH LOW MEDIUM MINIMAL THINKING_LEVEL_UNSPECIFIED XHIGH',
  Category:
    'HARM_CATEGORY_CIVIC_INTEGRITY HARM_CATEGORY_DANGEROUS HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_DEROGATORY HARM_CATEGORY_HARASSMENT HARM_CATEGORY_HATE_SPEECH HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT HARM_CATEGORY_IMAGE_HARASSMENT HARM_CATEGORY_IMAGE_HATE HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT HARM_CATEGORY_JAILBREAK HARM_CATEGORY_MEDICAL HARM_CATEGORY_SEXUAL HARM_CATEGORY_SEXUALLY_EXPLICIT HARM_CATEGORY_TOXICITY HARM_CATEGORY_UNSPECIFIED HARM_CATEGORY_VIOLENCE',
  Threshold:
    'BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_NONE BLOCK_ONLY_HIGH HARM_BLOCK_THRESHOLD_UNSPECIFIED OFF',
  Mode2: 'ANY AUTO MODE_UNSPECIFIED NONE VALIDATED',
  DisabledSafetyPolicies:
    'ACCOUNT_CREATION COMMUNICATION_TOOL DATA_MODIFICATION FINANCIAL_TRANSACTIONS LEGAL_TERMS_AND_AGREEMENTS SAFETY_POLICY_UNSPECIFIED SENSITIVE_DATA_MODIFICATION USER_CONSENT_MANAGEMENT',
  Environment: 'ENVIRONMENT_BROWSER ENVIRONMENT_DESKTOP ENVIRONMENT_MOBILE ENVIRONMENT_UNSPECIFIED',
  Behavior: 'BLOCKING NON_BLOCKING UNSPECIFIED',
  Mode3: 'MODE_DYNAMIC MODE_UNSPECIFIED',
  TaskType:
    'CLASSIFICATION CLUSTERING CODE_RETRIEVAL_QUERY FACT_VERIFICATION QUESTION_ANSWERING RETRIEVAL_DOCUMENT RETRIEVAL_QUERY SEMANTIC_SIMILARITY TASK_TYPE_UNSPECIFIED UNSPECIFIED',
};

/** Fields of a message of which only one can be set. */
export const ONE_OFS: Readonly<Record<string, string>> = {
  Part: 'text inlineData functionCall functionResponse fileData executableCode codeExecutionResult audioTranscription toolCall toolResponse',
};

/** Fields of a message that only Vertex AI has. */
export const VERTEX_ONLY: Readonly<Record<string, string>> = {
  FunctionCall: 'partialArgs willContinue',
  ImageConfig: 'imageOutputOptions outputCompressionQuality outputMimeType prominentPeople',
  Schema: 'additionalProperties defs ref',
  GenerationConfig: 'audioTimestamp modelConfig routingConfig',
  SafetySetting: 'method',
  FunctionCallingConfig: 'streamFunctionCallArguments',
  GoogleMaps: 'authConfig groundingTypes',
  GoogleSearch: 'blockingConfidence excludeDomains',
  Tool: 'enterpriseWebSearch exaAiSearch parallelAiSearch retrieval',
  GenerateContentRequest: 'modelArmorConfig outputConfig',
  EmbedContentRequest: 'autoTruncate',
};
